import type { RowClass } from '../identity/change.ts';
import { rowClasses } from '../identity/change.ts';
import { now, sleep } from '../identity/clock.ts';
import type { RequestClass } from '../scim/types.ts';

/** A write could not start within the wait that its caller allows. It becomes a backlog row. */
export class WouldWait extends Error {
  override readonly name = 'WouldWait';
  readonly rowClass: RowClass;
  constructor(requestClass: RequestClass, rowClass: RowClass) {
    super(`the next ${requestClass} request would start too late`);
    this.rowClass = rowClass;
  }
}

/** The share of a published limit that is used: network jitter must not push two requests into one of its windows. */
const SHARE = 0.97;

/** How late a timer may wake us without costing rate, in milliseconds. */
const LATE_TIMER_MS = 30;

/** How often a wait looks whether the clock was set, in milliseconds. */
const CLOCK_CHECK_MS = 25;

interface Waiting {
  readonly priority: number;
  readonly start: () => void;
}

/**
 * Spaces the requests of each class evenly, just below the target's limit, and lets what takes access away go first.
 *
 * Even spacing keeps any window of the target's under its limit, whether it counts in fixed windows, sliding ones or
 * with a bucket; and since nothing is saved up, a change of owner cannot add two bursts.
 */
export class Limiter {
  readonly #lanes: Record<RequestClass, Lane>;

  constructor(ratesPerSecond: Readonly<Record<RequestClass, number>>) {
    this.#lanes = {
      get: new Lane(ratesPerSecond.get),
      list: new Lane(ratesPerSecond.list),
      write: new Lane(ratesPerSecond.write),
      patch: new Lane(ratesPerSecond.patch),
    };
  }

  /** Resolves when the request may start. */
  take(requestClass: RequestClass, rowClass: RowClass): Promise<void> {
    return this.#lanes[requestClass].take(rowClasses.indexOf(rowClass));
  }

  /** @throws {WouldWait} when a request that asks now would start later than `startBy` (ms since the epoch). */
  admit(requestClass: RequestClass, rowClass: RowClass, startBy: number): void {
    if (this.#lanes[requestClass].expectedStart(rowClasses.indexOf(rowClass)) > startBy) {
      throw new WouldWait(requestClass, rowClass);
    }
  }
}

class Lane {
  readonly #intervalMs: number;
  readonly #queue: Waiting[] = [];
  #nextAt: number;
  #running = false;

  constructor(perSecond: number) {
    this.#intervalMs = 1_000 / (perSecond * SHARE);
    // Another owner may have sent a request just before: begin as if we had.
    this.#nextAt = now() + this.#intervalMs;
  }

  expectedStart(priority: number): number {
    const ahead = this.#queue.filter(waiting => waiting.priority <= priority).length;
    return Math.max(now(), this.#nextAt) + ahead * this.#intervalMs;
  }

  take(priority: number): Promise<void> {
    return new Promise(resolve => {
      const behind = this.#queue.findIndex(waiting => waiting.priority > priority);
      this.#queue.splice(behind < 0 ? this.#queue.length : behind, 0, { priority, start: resolve });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0) {
      await this.#slot();
      // Measured from the slot, so that a timer that wakes a little late does not lower the rate; what is later than
      // that is not made up for, which would be a burst.
      this.#nextAt = Math.max(this.#nextAt, now() - LATE_TIMER_MS) + this.#intervalMs;
      this.#queue.shift()?.start();
    }
    this.#running = false;
  }

  /** The next slot is never further away than one interval: when it seems so, the clock was set back. */
  async #slot(): Promise<void> {
    for (let at = now(); at < this.#nextAt; at = now()) {
      this.#nextAt = Math.min(this.#nextAt, at + this.#intervalMs);
      await sleep(Math.min(this.#nextAt - at, CLOCK_CHECK_MS));
    }
  }
}
