import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { principal } from '../identity/principal.ts';
import { RowStore } from './row-store.ts';

const entrySchema = z.object({
  at: z.number(),
  target: z.string(),
  /** Missing where a plan was approved, or a message that nobody understood was discarded. */
  principal: principal.optional(),
  scimId: z.string().optional(),
  /** What was done, e.g. `create-user`, `members`, or one of {@link DECIDED}. */
  action: z.string(),
  /** Sizes and attribute names, never values; who decided, and why. */
  detail: z.string(),
  cause: z.string(),
  /** When a feed told us of the change that led here (ms). */
  heardAt: z.number(),
  correlationId: z.string(),
});
export type LogEntry = z.infer<typeof entrySchema>;

/** Actions of entries about what a person decided, with who it was. They are no writes. */
export const DECIDED = {
  discarded: 'discard-dead-letter',
  approved: 'approve-hold',
  rejected: 'reject-hold',
  planApproved: 'approve-plan',
} as const;

/** Whether an entry says what was written to a target, and not what somebody decided. */
export function isWrite({ action }: LogEntry): boolean {
  return !Object.values<string>(DECIDED).includes(action);
}

const HOUR_MS = 3_600_000;

/** Every write to a target and every decision about one, readable in order of time: one partition per target and hour. */
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
