/** A day, or a day and a time with its offset from UTC; up to the seven digits of a second that Graph sends. */
const ISO = /^(?<day>\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * The instant that an ISO 8601 text names, in whole milliseconds since the epoch; a day alone is its midnight, UTC.
 * Undefined for everything else, a time without an offset and 30 February included: what is read differently by two
 * programs is no instant.
 */
export function instantOf(text: string): number | undefined {
  const day = ISO.exec(text)?.groups?.day;
  if (day === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  // JavaScript rolls the 30th of February over to March.
  if (Number.isNaN(midnight.getTime()) || midnight.toISOString().slice(0, 10) !== day) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? undefined : instant;
}
