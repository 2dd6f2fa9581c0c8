import { describeError, type Logger } from '../identity/logger.ts';
import type { AimWatch } from '../provisioning/aim-watch.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import { expireHolds } from './expire-holds.ts';
import { SignInWatch } from './sign-in-watch.ts';

/**
 * What every cycle finds out about a target beside its content: whether it manages identities, how we sign in, and what
 * nobody decided about in time.
 */
export class TargetWatch {
  readonly #state: State;
  readonly #aim: AimWatch;
  readonly #signIns: SignInWatch;
  readonly #holdsExpireAfterMs: number;
  readonly #log: Logger;

  constructor({
    state,
    aim,
    holdsExpireAfterMs,
    log,
  }: {
    state: State;
    aim: AimWatch;
    holdsExpireAfterMs: number;
    log: Logger;
  }) {
    this.#state = state;
    this.#aim = aim;
    this.#holdsExpireAfterMs = holdsExpireAfterMs;
    this.#signIns = new SignInWatch(state, log);
    this.#log = log;
  }

  /** Never throws: a cycle does not depend on it. */
  async check(target: Target): Promise<void> {
    try {
      const { holds } = this.#state;
      await expireHolds({ holds, afterMs: this.#holdsExpireAfterMs, log: this.#log }, target.id);
      await this.#signIns.check(target);
      // Nothing is sent to a target in quarantine, and its first audit comes after it.
      const { quarantine } = await this.#state.targets.read(target.id);
      if (quarantine === undefined) await this.#aim.check(target);
    } catch (error) {
      this.#log.warn('target-not-checked', { target: target.id, error: describeError(error) });
    }
  }
}
