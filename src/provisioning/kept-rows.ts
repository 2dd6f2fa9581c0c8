import { now } from '../identity/clock.ts';
import { keptRowWaitMs } from '../planning/retry-schedule.ts';

/** A row that was kept and did not come back for this long was worked off by somebody else. */
const FORGOTTEN_MS = 300_000;

/**
 * Rows whose look ended and whose end could not be made durable, since storage or the queue was out of reach. Each is left
 * alone for a while, or it would be looked at again in the same moment, and again, at the cost of everybody's limits.
 */
export class KeptRows {
  readonly #rows = new Map<string, { readonly failures: number; readonly until: number }>();

  get size(): number {
    return this.#rows.size;
  }

  /** Whether that row is left alone for now. */
  has(key: string): boolean {
    return (this.#rows.get(key)?.until ?? 0) > now();
  }

  /** @returns for how long, in milliseconds */
  keep(key: string): number {
    for (const [other, { until }] of this.#rows) if (until < now() - FORGOTTEN_MS) this.#rows.delete(other);
    const failures = (this.#rows.get(key)?.failures ?? 0) + 1;
    const waitMs = keptRowWaitMs(failures);
    this.#rows.set(key, { failures, until: now() + waitMs });
    return waitMs;
  }

  forget(key: string): void {
    this.#rows.delete(key);
  }
}
