import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { RowStore, VersionConflict } from './row-store.ts';

const statusSchema = z.object({
  /** While set, nothing is concluded from the source, and it is asked for nothing except a probe at `probeAt`. */
  quarantine: z
    .object({
      /** Stable across releases; one event is written for each that follows another. */
      cause: z.string(),
      reason: z.string(),
      since: z.number(),
      probeAt: z.number(),
      /** Probes that failed so far. */
      probes: z.number().int(),
    })
    .optional(),
  /** Since when the list of assignments lacks what principals show, and whether that was said. */
  doubt: z.object({ since: z.number(), told: z.boolean() }).optional(),
});
export type SourceState = z.infer<typeof statusSchema>;

const PARTITION = 'source-status';
const KEY = 'state';

/** What is known about the source as a whole. */
export class SourceStatus {
  readonly #rows: RowStore<SourceState>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<SourceState>(table, statusSchema);
  }

  async read(): Promise<SourceState> {
    return (await this.#rows.get(PARTITION, KEY))?.value ?? {};
  }

  /** Applies `change` to what is stored now; tried again when another writer was faster. */
  async update(change: (state: SourceState) => SourceState): Promise<void> {
    for (;;) {
      const row = await this.#rows.get(PARTITION, KEY);
      const next = change(row?.value ?? {});
      try {
        if (row === undefined) await this.#rows.insert(PARTITION, KEY, next);
        else await this.#rows.replace(PARTITION, KEY, next, row.etag);
        return;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }
}
