/**
 * The one way in which the product waits.
 *
 * It re-reads `Date` while it waits, so that a machine that was suspended, a clock that was corrected and the
 * clock of the tests are all seen soon after they move.
 */

/** Longest uninterrupted timer, in milliseconds: bounds how late a step of the wall clock is noticed. */
const SLICE_MS = 25;

/** The present moment in milliseconds since the epoch. */
export function now(): number {
  return Date.now();
}

/**
 * Resolves when the wall clock has reached `instant` (milliseconds since the epoch).
 *
 * @throws the signal's reason, when `signal` is aborted before that.
 */
export async function sleepUntil(instant: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  while (now() < instant) {
    await slice(Math.min(instant - now(), SLICE_MS), signal);
    signal?.throwIfAborted();
  }
}

/**
 * Resolves after `ms` milliseconds of wall clock. A clock that is set forward shortens the wait; one that is set back
 * does not prolong it. See {@link sleepUntil}.
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let left = ms;
  for (let last = now(); left > 0; ) {
    await slice(Math.min(left, SLICE_MS), signal);
    signal?.throwIfAborted();
    const at = now();
    left -= Math.max(at - last, 0);
    last = at;
  }
}

function slice(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(ms, 1));
    signal?.addEventListener('abort', done, { once: true });
  });
}
