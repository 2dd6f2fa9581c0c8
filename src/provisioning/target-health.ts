import { now } from '../identity/clock.ts';
import { RetryLater, TargetUnavailable } from '../identity/errors.ts';
import {
  type FailureLimits,
  mostlyFails,
  type RequestCounts,
  withRequest,
} from '../planning/failure-share.ts';
import { ScimError, ScimTransportError } from '../scim/errors.ts';

/** Requests that decide after a quarantine has ended: a probe passes where writes may still fail. */
const TRIAL_MINIMUM = 10;

/**
 * Whether one target answers at all, as its owner sees it: one that fails most requests without refusing us would use
 * up the tries of every change. Kept in memory; a new owner begins to count anew.
 */
export class TargetHealth {
  readonly #limits: FailureLimits;
  #counts: RequestCounts = [];
  #isOnTrial = false;

  constructor(limits: FailureLimits) {
    this.#limits = limits;
  }

  /** A request was answered: what the answer said is not the question here. */
  answered(): void {
    this.#note(false);
  }

  /** What a request that failed means: as it is named, or that the whole target is out of order. */
  judge<E extends Error>(failure: E): E | TargetUnavailable {
    if (!isNoAnswer(failure)) {
      this.answered();
      return failure;
    }
    this.#note(true);
    const { percent, minimum } = this.#limits;
    const enough = this.#isOnTrial ? Math.min(TRIAL_MINIMUM, minimum) : minimum;
    if (!mostlyFails(this.#counts, { percent, minimum: enough })) return failure;
    return new TargetUnavailable(`most requests fail, the last one so: ${failure.message}`, {
      cause: failure,
    });
  }

  /** A probe was answered. Until something was written, a few failures are enough to believe that nothing is well. */
  beginTrial(): void {
    this.#counts = [];
    this.#isOnTrial = true;
  }

  endTrial(): void {
    this.#isOnTrial = false;
  }

  #note(hasFailed: boolean): void {
    this.#counts = withRequest(this.#counts, hasFailed, now(), this.#limits.windowMs);
  }
}

/** Nothing came back, or nothing but that the target cannot answer. A 429 is an answer. */
function isNoAnswer(failure: Error): boolean {
  if (!(failure instanceof RetryLater)) return false;
  const { cause } = failure;
  return cause instanceof ScimTransportError || (cause instanceof ScimError && cause.status >= 500);
}
