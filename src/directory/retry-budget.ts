import { now, sleepUntil } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';

const TRIES = 4;
const LONGEST_TOTAL_WAIT_MS = 10_000;
const FIRST_WAIT_MS = 250;

/**
 * The quick tries inside one call: at most four requests and ten seconds of waiting. What needs more patience is the
 * queue's business.
 */
export class RetryBudget {
  #failures = 0;
  #waited = 0;

  /**
   * Waits before the next try, at least as long as the server asked for.
   *
   * @throws RetryLater, at once, when the tries are used up or the wait would be too long to sit out here.
   */
  async wait(reason: string, askedMs: number | undefined, cause?: unknown): Promise<void> {
    this.#failures++;
    const jittered = FIRST_WAIT_MS * 2 ** (this.#failures - 1) * (0.5 + Math.random() / 2);
    const wait = Math.max(askedMs ?? 0, jittered);
    if (this.#failures >= TRIES || this.#waited + wait > LONGEST_TOTAL_WAIT_MS) {
      throw new RetryLater(reason, { afterMs: askedMs, cause });
    }
    this.#waited += wait;
    await sleepUntil(now() + wait);
  }
}
