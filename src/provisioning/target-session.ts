import { classifyFailure, type FailureContext } from '../databricks/failure.ts';
import type { RowClass } from '../identity/change.ts';
import { now, sleep } from '../identity/clock.ts';
import type { Effect } from '../planning/resource-plan.ts';
import { nextStep } from '../planning/retry-schedule.ts';
import type { RequestClass, RequestOptions } from '../scim/types.ts';
import type { Limiter } from './limiter.ts';
import { NotOwner, type Ownership } from './ownership.ts';
import type { Target } from './target.ts';
import type { TargetHealth } from './target-health.ts';
import { troubleOf } from './trouble.ts';

/** How long a write of a live change may wait for the target's limits before it becomes a backlog row. */
const LONGEST_WAIT_MS = 5_000;

/** A 404 this soon after our own write is a lagging replica, not a deletion. Databricks' caches live up to 60 s. */
const REPLICA_LAG_MS = 90_000;

/** True for a failure after which the target surely is as it was: it refused to take the request at this time. */
export function wasNotTaken(failure: unknown): boolean {
  return troubleOf(failure).kind === 'throttled';
}

/**
 * One look's way to the target: every request is paced, writes start only while the lease surely outlasts them, and
 * failures come out named by what happens next.
 */
export class TargetSession {
  readonly target: Target;
  readonly #ownership: Ownership;
  readonly #limiter: Limiter;
  readonly #health: TargetHealth;
  /** The class of the backlog row that is worked on; undefined for a live change. */
  readonly row: RowClass | undefined;
  #effect: RowClass;

  constructor(o: {
    target: Target;
    ownership: Ownership;
    limiter: Limiter;
    health: TargetHealth;
    row: RowClass | undefined;
  }) {
    this.target = o.target;
    this.#ownership = o.ownership;
    this.#limiter = o.limiter;
    this.#health = o.health;
    this.row = o.row;
    this.#effect = o.row ?? 'attribute';
  }

  get epoch(): number {
    return this.#ownership.epoch;
  }

  /** The class under which the current work waits, in the limiter and as a row. */
  get rowClass(): RowClass {
    return this.#effect;
  }

  /**
   * Says what comes next, before its intent is stored: taking access away overtakes everything else, also out of a
   * row of a lesser class.
   * @throws {WouldWait} when a live change would have to wait too long.
   */
  admit(requestClass: RequestClass, effect: Effect): void {
    this.#effect = effect === 'revoke' ? 'revoke' : (this.row ?? effect);
    if (this.row === undefined) this.#limiter.admit(requestClass, this.#effect, now() + LONGEST_WAIT_MS);
  }

  /** Options for a request of the SCIM client. */
  get request(): RequestOptions {
    return {
      pace: async requestClass => {
        const settle = await this.#limiter.take(requestClass, this.#effect);
        if (requestClass === 'write' || requestClass === 'patch') {
          this.#ownership.assertLasts(this.target.scim.writeTimeoutMs);
        }
        return settle;
      },
    };
  }

  /**
   * Runs one request. Undefined where the target says that it already is as wanted. `outside`: it goes to another API
   * than the target's own, whose health it says nothing about.
   * @throws RetryLater, Permanent, Conflict, Gone, TargetUnavailable, or NotOwner
   */
  async send<T>(
    work: () => Promise<T>,
    context: FailureContext & { lastWriteAt?: number; outside?: boolean },
  ): Promise<T | undefined> {
    const isOutside = context.outside === true || context.operation === 'resolve';
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await work();
        if (!isOutside) this.#health.answered();
        return answer;
      } catch (error) {
        if (error instanceof NotOwner) throw error;
        const recentlyWritten = now() - (context.lastWriteAt ?? Number.NEGATIVE_INFINITY) < REPLICA_LAG_MS;
        const failure = classifyFailure(error, { recentlyWritten, ...context });
        if (failure === 'alreadyDone') return undefined;
        // What was named before it got here has had its quick tries.
        if (failure === error) throw failure;
        const place = { in: 'request', tries, isRepeatable: context.operation !== 'create' } as const;
        const next = nextStep(troubleOf(failure), place, Math.random());
        if (next.step !== 'try-at-once') throw isOutside ? failure : this.#health.judge(failure);
        await sleep(next.waitMs);
      }
    }
  }
}
