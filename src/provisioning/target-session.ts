import { classifyFailure, type FailureContext } from '../databricks/failure.ts';
import type { RowClass } from '../identity/change.ts';
import { now, sleep } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Effect } from '../planning/resource-plan.ts';
import { ScimError, ScimTransportError } from '../scim/errors.ts';
import type { RequestClass, RequestOptions } from '../scim/types.ts';
import type { Limiter } from './limiter.ts';
import { NotOwner, type Ownership } from './ownership.ts';
import type { Target } from './target.ts';

/** How long a write of a live change may wait for the target's limits before it becomes a backlog row. */
const LONGEST_WAIT_MS = 5_000;

/** A 404 this soon after our own write is a lagging replica, not a deletion. Databricks' caches live up to 60 s. */
const REPLICA_LAG_MS = 90_000;

const QUICK_TRIES = 3;
const LONGEST_QUICK_WAIT_MS = 2_000;

/** Trouble that passes within a moment, and a request that may be repeated: a create only when it was surely refused. */
function mayTryAtOnce(error: unknown, failure: unknown, context: FailureContext): boolean {
  if (!(failure instanceof RetryLater) || (failure.afterMs ?? 0) > LONGEST_QUICK_WAIT_MS) return false;
  if (error instanceof ScimError && error.status === 429) return true;
  if (context.operation === 'create') return false;
  return (
    (error instanceof ScimError && error.status === 503) ||
    (error instanceof ScimTransportError && error.kind === 'network')
  );
}

/** True for a failure after which the target surely is as it was: it refused to take the request at this time. */
export function wasNotTaken(failure: unknown): boolean {
  return failure instanceof RetryLater && failure.cause instanceof ScimError && failure.cause.status === 429;
}

/**
 * One look's way to the target: every request is paced, writes start only while the lease surely outlasts them, and
 * failures come out named by what happens next.
 */
export class TargetSession {
  readonly target: Target;
  readonly #ownership: Ownership;
  readonly #limiter: Limiter;
  /** The class of the backlog row that is worked on; undefined for a live change. */
  readonly row: RowClass | undefined;
  #effect: RowClass;

  constructor(o: { target: Target; ownership: Ownership; limiter: Limiter; row: RowClass | undefined }) {
    this.target = o.target;
    this.#ownership = o.ownership;
    this.#limiter = o.limiter;
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
   * Runs one request. Undefined where the target says that it already is as wanted.
   * @throws RetryLater, Permanent, Conflict, Gone, TargetUnavailable, or NotOwner
   */
  async send<T>(
    work: () => Promise<T>,
    context: FailureContext & { lastWriteAt?: number },
  ): Promise<T | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof NotOwner) throw error;
        const recentlyWritten = now() - (context.lastWriteAt ?? Number.NEGATIVE_INFINITY) < REPLICA_LAG_MS;
        const failure = classifyFailure(error, { recentlyWritten, ...context });
        if (failure === 'alreadyDone') return undefined;
        if (attempt === QUICK_TRIES || !mayTryAtOnce(error, failure, context)) throw failure;
        await sleep(Math.max(250 * attempt, (failure as RetryLater).afterMs ?? 0));
      }
    }
  }
}
