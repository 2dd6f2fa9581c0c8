import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import type { SourceState, SourceStatus } from '../state/source-status.ts';

/** Replicas lag behind each other; after this long it is no lag, in milliseconds. */
const LAG_MS = 10 * 60_000;
/** Nor is it when a single list lacks that many, and more than a fifth, of those who were assigned. */
const MANY = 10;

type Doubt = NonNullable<SourceState['doubt']>;

/**
 * Tells, once, that the list of assignments lacks what the principals themselves still show. Nobody loses anything by
 * it; while it lasts, nobody's assignment is seen to begin by that list either.
 */
export class AssignmentDoubt {
  readonly #status: SourceStatus;
  readonly #log: Logger;
  /** As this process knows it. */
  #doubt: { readonly known: Doubt | undefined } | undefined;

  constructor(status: SourceStatus, log: Logger) {
    this.#status = status;
    this.#log = log;
  }

  /** @param missing assignments that the list lacks and their principals show, out of `stored` in all */
  async note(missing: number, stored: number): Promise<void> {
    if (missing === 0) return this.#end();
    const doubt = (await this.#read()) ?? { since: now(), told: false };
    const isLasting = now() - doubt.since >= LAG_MS || (missing > MANY && missing > stored / 5);
    const told = doubt.told || isLasting;
    if (told && !doubt.told) this.#log.error('assignments-disagree', { missing, stored });
    await this.#write({ ...doubt, told });
  }

  async #end(): Promise<void> {
    const doubt = this.#doubt === undefined ? await this.#read() : this.#doubt.known;
    if (doubt === undefined) return;
    if (doubt.told) this.#log.warn('assignments-agree', { afterMs: now() - doubt.since });
    await this.#write(undefined);
  }

  async #read(): Promise<Doubt | undefined> {
    const { doubt } = await this.#status.read();
    this.#doubt = { known: doubt };
    return doubt;
  }

  async #write(next: Doubt | undefined): Promise<void> {
    const known = this.#doubt?.known;
    if (known?.since === next?.since && known?.told === next?.told) return;
    await this.#status.update(({ doubt: _doubt, ...state }) => ({ ...state, ...(next && { doubt: next }) }));
    this.#doubt = { known: next };
  }
}
