/** When a target counts as failing as a whole, without a single answer that says so. */
export interface FailureLimits {
  /** This share of all requests of the window has to fail. */
  readonly percent: number;
  /** Fewer requests than this say nothing. */
  readonly minimum: number;
  readonly windowMs: number;
}

/** What became of the requests of one minute: `[number of the minute since the epoch, requests, failed ones]`. */
export type RequestCounts = readonly (readonly [minute: number, requests: number, failed: number])[];

const MINUTE_MS = 60_000;

/** The counts with one more request that ended at `at`, and without those that the window does not reach any more. */
export function withRequest(
  counts: RequestCounts,
  hasFailed: boolean,
  at: number,
  windowMs: number,
): RequestCounts {
  const minute = Math.floor(at / MINUTE_MS);
  const kept = counts.filter(([of]) => (of + 1) * MINUTE_MS > at - windowMs);
  const [, requests, failed] = kept.find(([of]) => of === minute) ?? [minute, 0, 0];
  return [...kept.filter(([of]) => of !== minute), [minute, requests + 1, failed + (hasFailed ? 1 : 0)]];
}

/** Whether the counted requests are enough to say that the target fails, and most of them say so. */
export function mostlyFails(
  counts: RequestCounts,
  { percent, minimum }: Omit<FailureLimits, 'windowMs'>,
): boolean {
  const requests = counts.reduce((sum, [, of]) => sum + of, 0);
  const failed = counts.reduce((sum, [, , of]) => sum + of, 0);
  return requests >= minimum && failed * 100 >= requests * percent;
}
