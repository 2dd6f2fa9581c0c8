import { describeError, type Logger } from '../identity/logger.ts';
import type { AimWatch } from '../provisioning/aim-watch.ts';
import type { Target } from '../provisioning/target.ts';
import type { State } from '../state/state.ts';
import { SignInWatch } from './sign-in-watch.ts';

/** What every cycle finds out about a target beside its content: whether it manages identities, and how we sign in. */
export class TargetWatch {
  readonly #state: State;
  readonly #aim: AimWatch;
  readonly #signIns: SignInWatch;
  readonly #log: Logger;

  constructor({ state, aim, log }: { state: State; aim: AimWatch; log: Logger }) {
    this.#state = state;
    this.#aim = aim;
    this.#signIns = new SignInWatch(state, log);
    this.#log = log;
  }

  /** Never throws: a cycle does not depend on it. */
  async check(target: Target): Promise<void> {
    try {
      await this.#signIns.check(target);
      // Nothing is sent to a target in quarantine, and its first audit comes after it.
      const { quarantine } = await this.#state.targets.read(target.id);
      if (quarantine === undefined) await this.#aim.check(target);
    } catch (error) {
      this.#log.warn('target-not-checked', { target: target.id, error: describeError(error) });
    }
  }
}
