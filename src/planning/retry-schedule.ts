/** Tries of one message in all, the first included. */
export const MAX_TRIES = 24;

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 4 * 3_600_000;

/**
 * How long to wait before retry `attempt` (1 = the first): 5 s doubling to 4 h with full jitter, never less than what
 * the other side asked for. `random` is in [0, 1).
 */
export function retryWaitMs(attempt: number, random: number, afterMs = 0): number {
  const ceiling = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  // At least a second, so that a small draw does not turn into a busy loop.
  return Math.max(1_000, Math.ceil(ceiling * random), afterMs);
}

/** When a cycle tries a failed principal again: 1 h doubling to a day. `attempts` counts the dead letters so far. */
export function failureRetryWaitMs(attempts: number): number {
  return Math.min(3_600_000 * 2 ** Math.max(attempts - 1, 0), 24 * 3_600_000);
}

/** When an audit that failed is tried again: a minute doubling to half an hour. `tries` counts the failures so far. */
export function auditRetryWaitMs(tries: number): number {
  return Math.min(60_000 * 2 ** Math.max(tries - 1, 0), 1_800_000);
}

/** When a quarantined target is probed again: 30 s doubling to an hour. */
export function probeWaitMs(probes: number): number {
  return Math.min(30_000 * 2 ** probes, 3_600_000);
}
