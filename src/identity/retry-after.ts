/** Nobody is believed who asks for more than a day. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * The wait that a `Retry-After` header asks for, in milliseconds from `now`: seconds (RFC 9110 §10.2.3; Graph has sent
 * decimals) or an HTTP date, one in the past being 0. Undefined when the header is missing or unreadable.
 */
export function retryAfterMs(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), LONGEST_MS);
  // Date.parse also takes "-5": an HTTP date starts with the name of a day.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : Math.min(Math.max(instant - now, 0), LONGEST_MS);
}
