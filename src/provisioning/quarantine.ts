import { now } from '../identity/clock.ts';
import { TargetUnavailable } from '../identity/errors.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { probeWaitMs } from '../planning/retry-schedule.ts';
import type { TargetState, TargetStates } from '../state/target-state.ts';

/** Keeps a target that refuses us as a whole from burning the tries of every change. */
export class Quarantine {
  readonly #targets: TargetStates;
  readonly #log: Logger;

  constructor(targets: TargetStates, log: Logger) {
    this.#targets = targets;
    this.#log = log;
  }

  /** Enters quarantine, or prolongs it after a probe that failed. One event per entry, not one per change. */
  async enter(target: string, error: unknown): Promise<void> {
    let entered = false;
    await this.#targets.update(target, state => {
      entered = state.quarantine === undefined;
      return { ...state, quarantine: prolonged(state, error) };
    });
    if (entered) this.#log.error('target-quarantined', { target, reason: describeError(error) });
  }

  async leave(target: string): Promise<void> {
    await this.#targets.update(target, ({ quarantine: _quarantine, ...state }) => state);
    this.#log.warn('target-released', { target });
  }
}

function prolonged(state: TargetState, error: unknown): TargetState['quarantine'] {
  const { quarantine } = state;
  // Several changes run into the same wall at once: only a probe that was due counts as another failure.
  if (quarantine !== undefined && quarantine.probeAt > now()) return quarantine;
  const probes = quarantine === undefined ? 0 : quarantine.probes + 1;
  return {
    reason: describeError(error),
    since: quarantine?.since ?? now(),
    probes,
    probeAt:
      now() + Math.max(probeWaitMs(probes), (error instanceof TargetUnavailable && error.afterMs) || 0),
  };
}
