import { now, sleep } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import { ScimError } from '../scim/errors.ts';
import type { Settle } from '../scim/types.ts';
import { Pacer, type Start } from './pacer.ts';

/** How often a wait looks whether the clock was set, in milliseconds. */
const CLOCK_CHECK_MS = 25;

/** A target that asks for a longer pause than this is not waited for: what waits tries again later by itself. */
const LONGEST_PAUSE_MS = 60_000;

interface Waiting {
  readonly priority: number;
  readonly start: (settle: Settle) => void;
  readonly fail: (reason: RetryLater) => void;
}

/** The queue of one class of requests before its {@link Pacer}: the smallest priority first, then as they came. */
export class Lane {
  readonly #pacer: Pacer;
  readonly #queue: Waiting[] = [];
  #running = false;

  constructor(perSecond: number) {
    this.#pacer = new Pacer(perSecond, now());
  }

  /** When a request that asks now would start (ms since the epoch). */
  expectedStart(priority: number): number {
    const at = now();
    const ahead = this.#queue.filter(waiting => waiting.priority <= priority).length;
    return at + this.#pacer.waitMs(at) + ahead * this.#pacer.intervalMs(at);
  }

  /**
   * Resolves when the request may start, with what wants to be told how it ended.
   * @throws {RetryLater} when the target asks for a pause of more than a minute.
   */
  take(priority: number): Promise<Settle> {
    return new Promise((start, fail) => {
      const behind = this.#queue.findIndex(waiting => waiting.priority > priority);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, { priority, start, fail });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      const at = now();
      const pause = this.#pacer.pauseMs(at);
      const wait = this.#pacer.waitMs(at);
      if (pause > LONGEST_PAUSE_MS) this.#sendAway(pause);
      else if (wait > 0) await sleep(Math.min(wait, CLOCK_CHECK_MS));
      else this.#queue.shift()?.start(this.#settle(this.#pacer.start(at)));
    }
    this.#running = false;
  }

  #sendAway(afterMs: number): void {
    for (const { fail } of this.#queue.splice(0)) {
      fail(new RetryLater('the target asks for a long pause', { afterMs }));
    }
  }

  #settle(start: Start): Settle {
    return error => {
      if (error === undefined) this.#pacer.taken(start);
      // Whoever got no answer knows nothing about limits.
      else if (!(error instanceof ScimError)) return;
      else if (error.status === 429) this.#pacer.refused(start, now(), error.retryAfterMs);
      else this.#pacer.taken(start);
    };
  }
}
