import { SourceUnavailable } from '../directory/errors.ts';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { probeWaitMs } from '../planning/retry-schedule.ts';
import type { SourceState } from '../state/source-status.ts';
import type { SourceAccess } from './source-evidence.ts';
import { probeSource } from './source-probe.ts';

/** The source is in quarantine: whatever needs it waits as a row. */
export class SourceClosed extends Error {
  override readonly name = 'SourceClosed';
}

/** What another instance wrote is known here this much later, in milliseconds. */
const KNOWN_FOR_MS = 5_000;
/** After this long without trouble a refusal is looked into anew: many looks may meet the same one. */
const BELIEVED_FOR_MS = 10_000;
/** Dismissals wait for a probe as well, and Graph does not notice one in ten minutes. */
const LONGEST_PROBE_WAIT_MS = 600_000;

/**
 * Keeps a source that refuses us as a whole (no enterprise application, no consent, no tenant) from being believed, and
 * from burning the tries of every change. One refused read is not the source's: a probe of everything has to agree.
 */
export class SourceQuarantine {
  readonly #source: Omit<SourceAccess, 'policy'>;
  readonly #log: Logger;
  #known: { readonly at: number; readonly isOn: boolean } | undefined;
  #confirming: Promise<boolean> | undefined;
  #answeredAt = Number.NEGATIVE_INFINITY;

  constructor({ log, ...source }: Omit<SourceAccess, 'policy'> & { log: Logger }) {
    this.#source = source;
    this.#log = log;
  }

  /** Whether nothing is to be concluded from the source now. May be some seconds old. */
  async isOn(): Promise<boolean> {
    if (this.#known === undefined || Math.abs(now() - this.#known.at) > KNOWN_FOR_MS) await this.#read();
    return this.#known?.isOn === true;
  }

  /** Runs what reads the source. @throws {SourceClosed} when that must wait, before it or because of what it met. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    if (await this.isOn()) throw new SourceClosed('the source is in quarantine');
    try {
      return await work();
    } catch (error) {
      if (!(await this.explains(error))) throw error;
      throw new SourceClosed('the source refuses us', { cause: error });
    }
  }

  /** Whether the source as a whole refuses us, and `error` says nothing else. Enters quarantine when it does. */
  async explains(error: unknown): Promise<boolean> {
    const errors = error instanceof AggregateError ? error.errors : [error];
    if (!errors.some(each => each instanceof SourceUnavailable)) return false;
    const refused = await this.#confirmed();
    return refused && errors.every(each => each instanceof SourceUnavailable);
  }

  /** Whether the source may be read. In quarantine it is probed when that is due, and released when it answers. */
  async isOpen(): Promise<boolean> {
    const { quarantine } = await this.#read();
    if (quarantine === undefined) return true;
    if (quarantine.probeAt > now()) return false;
    let refusal: SourceUnavailable | undefined;
    try {
      refusal = await probeSource(this.#source);
    } catch (error) {
      // Throttled, or not reached: no answer of its own, so that it stays as it is.
      this.#log.info('source-probe-unanswered', { error: describeError(error) });
      await this.#update(state => ({ ...state, quarantine: prolonged(state, undefined) }));
      return false;
    }
    if (refusal !== undefined) {
      await this.#enter(refusal);
      return false;
    }
    await this.#update(({ quarantine: _quarantine, ...state }) => state);
    this.#log.warn('source-released', { cause: quarantine.cause, afterMs: now() - quarantine.since });
    return true;
  }

  /** Everybody who meets a refusal at the same time shares one probe. */
  #confirmed(): Promise<boolean> {
    if (Math.abs(now() - this.#answeredAt) < BELIEVED_FOR_MS) return Promise.resolve(false);
    this.#confirming ??= this.#confirm().finally(() => {
      this.#confirming = undefined;
    });
    return this.#confirming;
  }

  async #confirm(): Promise<boolean> {
    if ((await this.#read()).quarantine !== undefined) return true;
    let refusal: SourceUnavailable | undefined;
    try {
      refusal = await probeSource(this.#source);
    } catch (error) {
      this.#log.info('source-probe-unanswered', { error: describeError(error) });
      return false;
    }
    if (refusal === undefined) {
      this.#answeredAt = now();
      return false;
    }
    await this.#enter(refusal);
    return true;
  }

  /** Enters quarantine, or prolongs it. One event for each cause, not for each change that meets it. */
  async #enter(refusal: SourceUnavailable): Promise<void> {
    let isNew = false;
    await this.#update(state => {
      isNew = state.quarantine?.cause !== refusal.code;
      return { ...state, quarantine: prolonged(state, refusal) };
    });
    if (!isNew) return;
    this.#log.error('source-quarantined', { cause: refusal.code, reason: describeError(refusal) });
  }

  async #read(): Promise<SourceState> {
    const at = now();
    const state = await this.#source.state.source.read();
    this.#known = { at, isOn: state.quarantine !== undefined };
    return state;
  }

  async #update(change: (state: SourceState) => SourceState): Promise<void> {
    let next: SourceState = {};
    await this.#source.state.source.update(state => {
      next = change(state);
      return next;
    });
    this.#known = { at: now(), isOn: next.quarantine !== undefined };
  }
}

function prolonged(
  { quarantine }: SourceState,
  refusal: SourceUnavailable | undefined,
): SourceState['quarantine'] {
  if (quarantine === undefined && refusal === undefined) return undefined;
  // Two instances may confirm the same refusal at once: only a probe that was due counts as another failure.
  const isProbe = quarantine !== undefined && quarantine.probeAt <= now();
  const probes = (quarantine?.probes ?? 0) + (isProbe ? 1 : 0);
  const isFirst = quarantine === undefined || isProbe;
  return {
    cause: refusal?.code ?? quarantine?.cause ?? '',
    reason: refusal === undefined ? (quarantine?.reason ?? '') : describeError(refusal),
    since: quarantine?.since ?? now(),
    probes,
    probeAt: isFirst
      ? now() + Math.min(probeWaitMs(probes), LONGEST_PROBE_WAIT_MS)
      : (quarantine?.probeAt ?? now()),
  };
}
