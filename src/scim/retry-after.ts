/** No target is believed when it asks for more than a day. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3: whole seconds, or an HTTP date) as milliseconds from `now`.
 * A date in the past is 0. Undefined when the header is missing or unreadable.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  const value = header?.trim();
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, LONGEST_MS);
  // Date.parse also takes "-5" and "1.5": an HTTP date starts with the name of a day.
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const instant = Date.parse(value);
  return Number.isNaN(instant) ? undefined : Math.min(Math.max(instant - now, 0), LONGEST_MS);
}
