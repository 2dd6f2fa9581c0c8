import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { principal } from '../identity/principal.ts';
import { RowStore } from './row-store.ts';

const entrySchema = z.object({
  at: z.number(),
  target: z.string(),
  /** Missing where a message that nobody understood was discarded. */
  principal: principal.optional(),
  scimId: z.string().optional(),
  /** What was done, e.g. `create`, `update`, `deactivate`, `members`, `dead-letter`, `hold`. */
  action: z.string(),
  /** Sizes and attribute names, never values; who discarded a dead letter, and why. */
  detail: z.string(),
  cause: z.string(),
  /** When a feed told us of the change that led here (ms). */
  heardAt: z.number(),
  correlationId: z.string(),
});
export type LogEntry = z.infer<typeof entrySchema>;

/** The action of an entry about a dead letter that a person threw away. It is no write. */
export const DISCARDED = 'discard-dead-letter';

const HOUR_MS = 3_600_000;

/** Every write to a target, and every dead letter that was discarded, readable in order of time: one partition per target and hour. */
export class ProvisioningLog {
  readonly #rows: RowStore<LogEntry>;
  /** Process ids repeat: in containers they are the same on every instance. */
  readonly #instance = randomUUID();
  #sequence = 0;

  constructor(table: TableClient) {
    this.#rows = new RowStore<LogEntry>(table, entrySchema);
  }

  async append(entry: LogEntry): Promise<void> {
    this.#sequence = (this.#sequence + 1) % 1_000_000;
    const key = `${timeKey(entry.at)}|${this.#instance}|${String(this.#sequence).padStart(6, '0')}`;
    await this.#rows.upsert(partition(entry.target, entry.at), key, entry);
  }

  /** Entries from `since` to `until` (ms, inclusive), oldest first. */
  async *read(target: string, since: number, until: number): AsyncGenerator<LogEntry> {
    for (let hour = Math.floor(since / HOUR_MS); hour <= Math.floor(until / HOUR_MS); hour += 1) {
      for await (const row of this.#rows.list(partition(target, hour * HOUR_MS))) {
        if (row.value.at >= since && row.value.at <= until) yield row.value;
      }
    }
  }
}

function partition(target: string, at: number): string {
  return `${target}|${Math.floor(at / HOUR_MS)}`;
}

function timeKey(at: number): string {
  return String(at).padStart(15, '0');
}
