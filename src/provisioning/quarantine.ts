import { now } from '../identity/clock.ts';
import { TargetUnavailable } from '../identity/errors.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import type { FailureLimits } from '../planning/failure-share.ts';
import { probeWaitMs } from '../planning/retry-schedule.ts';
import type { TargetState, TargetStates } from '../state/target-state.ts';
import { TargetHealth } from './target-health.ts';

/**
 * Refused this soon after a probe got through, it is the same quarantine: a read may be allowed where no write is. Twice
 * the longest wait between two probes.
 */
const SAME_WITHIN_MS = 2 * 3_600_000;

export interface QuarantineLimits extends FailureLimits {
  /** After so many milliseconds nobody waits for the target any longer: a person has to switch it on again. */
  readonly disableAfterMs: number;
}

/** Keeps a target that refuses us, or fails, as a whole from burning the tries of every change. */
export class Quarantine {
  readonly #targets: TargetStates;
  readonly #limits: QuarantineLimits;
  readonly #log: Logger;
  readonly #health = new Map<string, TargetHealth>();

  constructor(targets: TargetStates, limits: QuarantineLimits, log: Logger) {
    this.#targets = targets;
    this.#limits = limits;
    this.#log = log;
  }

  /** How the requests of a target end, counted by this instance. */
  healthOf(target: string): TargetHealth {
    const known = this.#health.get(target) ?? new TargetHealth(this.#limits);
    this.#health.set(target, known);
    return known;
  }

  /** Enters quarantine, or prolongs it after a probe that failed. One event per cause, not one per change. */
  async enter(target: string, error: unknown): Promise<void> {
    let event: 'target-quarantined' | 'target-quarantined-again' | 'target-disabled' | undefined;
    await this.#targets.update(target, ({ released, ...state }) => {
      const quarantine = this.#prolonged({ ...state, released }, error);
      event = undefined;
      if (state.quarantine === undefined)
        event = quarantine.probes === 0 ? 'target-quarantined' : 'target-quarantined-again';
      if (quarantine.disabledAt !== undefined && state.quarantine?.disabledAt === undefined)
        event = 'target-disabled';
      return { ...state, quarantine };
    });
    if (event === undefined) return;
    const fields = { target, reason: describeError(error) };
    if (event === 'target-quarantined-again') this.#log.warn(event, fields);
    else this.#log.error(event, fields);
  }

  /** A probe got through. Whether writes do is seen by the next ones. */
  async leave(target: string): Promise<void> {
    this.healthOf(target).beginTrial();
    await this.#targets.update(target, ({ quarantine, ...state }) =>
      quarantine === undefined ? state : { ...state, released: { ...quarantine, at: now() } },
    );
    this.#log.warn('target-released', { target });
  }

  /** The target took a write: what comes later is a trouble of its own. */
  async wrote(target: string): Promise<void> {
    if ((await this.#targets.recent(target)).released === undefined) return;
    this.healthOf(target).endTrial();
    await this.#targets.update(target, ({ released: _released, ...state }) => state);
    this.#log.info('target-takes-writes', { target });
  }

  #prolonged({ quarantine, released }: TargetState, error: unknown): NonNullable<TargetState['quarantine']> {
    // Several changes run into the same wall at once: only a probe that was due counts as another failure.
    if (quarantine !== undefined && (quarantine.probeAt > now() || quarantine.disabledAt !== undefined))
      return quarantine;
    const isSame = released !== undefined && now() - released.at < SAME_WITHIN_MS;
    const before = quarantine ?? (isSame ? released : undefined);
    const probes = before === undefined ? 0 : before.probes + 1;
    const since = before?.since ?? now();
    const asked = (error instanceof TargetUnavailable && error.afterMs) || 0;
    return {
      reason: describeError(error),
      since,
      probes,
      probeAt: now() + Math.max(probeWaitMs(probes), asked),
      ...(now() - since >= this.#limits.disableAfterMs ? { disabledAt: now() } : {}),
    };
  }
}
