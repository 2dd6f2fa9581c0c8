import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { type Change, causes, type RowClass, rowClasses } from '../identity/change.ts';
import { type Principal, principal, principalKey } from '../identity/principal.ts';
import { type Row, RowStore, VersionConflict } from './row-store.ts';

const rowSchema = z.object({
  principal,
  rowClass: z.enum(rowClasses),
  cause: z.enum(causes),
  notBefore: z.number(),
  heardAt: z.number(),
  correlationId: z.string(),
  /** The cause of what was asked for since the row was taken up, or at least since it was there. */
  meanwhile: z.enum(causes).optional(),
});
export type BacklogEntry = z.infer<typeof rowSchema>;
export type BacklogRow = Row<BacklogEntry>;

/** People before groups: a group's members can only be written once they are linked. */
const kindOrder = { user: 0, servicePrincipal: 1, group: 2 } as const;

/**
 * What has to wait for a target's limits, or for the target itself. One row per target, class and principal; keys
 * sort in the order in which rows are worked off.
 */
export class Backlog {
  readonly #rows: RowStore<BacklogEntry>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<BacklogEntry>(table, rowSchema);
  }

  /**
   * Durable once resolved. A row that is there keeps the earliest due time, and gets a new version, so that whoever is
   * working on it cannot delete what was asked for meanwhile.
   * @returns the correlation id of the row, which is that of whoever asked first
   */
  async put(change: Change, rowClass: RowClass): Promise<string> {
    const { target, principal: p } = change;
    const key = rowKey(rowClass, p);
    for (;;) {
      const present = await this.#rows.get(target, key);
      const entry: BacklogEntry = {
        principal: p,
        rowClass,
        // A follow-up does not reach further than what it is merged into, see GroupApplier.
        cause: change.cause === 'follow-up' ? (present?.value.cause ?? change.cause) : change.cause,
        notBefore: Math.min(change.notBefore, present?.value.notBefore ?? Number.POSITIVE_INFINITY),
        // Of the newest: what it tells of may not be in every replica yet, so that its look is followed by another.
        heardAt: Math.max(change.heardAt, present?.value.heardAt ?? 0),
        correlationId: present?.value.correlationId ?? change.correlationId,
        meanwhile:
          present && (change.cause === 'follow-up' ? (present.value.meanwhile ?? 'follow-up') : change.cause),
      };
      try {
        if (present === undefined) await this.#rows.insert(target, key, entry, entry.notBefore);
        else await this.#rows.replace(target, key, entry, present.etag, entry.notBefore);
        return entry.correlationId;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }

  /** Rows due by `dueBy` in working order, at most `limit`; all classes unless one is named. */
  async head(
    target: string,
    options: { dueBy: number; limit: number; rowClass?: RowClass },
  ): Promise<BacklogRow[]> {
    const prefix = options.rowClass === undefined ? undefined : `${rowClasses.indexOf(options.rowClass)}|`;
    const found: BacklogRow[] = [];
    for await (const row of this.#rows.list(target, { ...options, prefix })) found.push(row);
    return found;
  }

  /** True when any row waits, due or not. */
  async hasRows(target: string): Promise<boolean> {
    for await (const _ of this.#rows.list(target, { limit: 1 })) return true;
    return false;
  }

  /** Number of rows per class. Reads them all: for people and tests, not for the hot path. */
  async count(target: string): Promise<Record<RowClass, number>> {
    const counts: Record<RowClass, number> = { revoke: 0, grant: 0, attribute: 0, bulk: 0 };
    for await (const row of this.#rows.list(target)) counts[row.value.rowClass] += 1;
    return counts;
  }

  /**
   * Hides a row while it is worked on, until `visibleAt`. What is asked for meanwhile brings it back at its own
   * time, instead of at once. Undefined when the row changed since it was read.
   */
  async hide(target: string, row: BacklogRow, visibleAt: number): Promise<BacklogRow | undefined> {
    const value: BacklogEntry = { ...row.value, notBefore: visibleAt, meanwhile: undefined };
    try {
      const etag = await this.#rows.replace(target, row.key, value, row.etag, visibleAt);
      return { key: row.key, value, etag };
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }

  /** False when the row was asked for again meanwhile: then it stays, and is worked off again. */
  async done(target: string, row: BacklogRow): Promise<boolean> {
    try {
      await this.#rows.delete(target, row.key, row.etag);
      return true;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
    await this.#leaveTheRest(target, row.key);
    return false;
  }

  /**
   * What the row stood for is done, and what came meanwhile is left. If that was nothing but follow-ups, the row reaches no
   * further than they do: two groups that hold each other would otherwise have each other looked at for ever. Before the
   * look has ended nothing of the row's reach may be lost, since its worker may die.
   */
  async #leaveTheRest(target: string, key: string): Promise<void> {
    for (;;) {
      const present = await this.#rows.get(target, key);
      const meanwhile = present?.value.meanwhile;
      if (present === undefined || meanwhile === undefined) return;
      const rest: BacklogEntry = { ...present.value, cause: meanwhile, meanwhile: undefined };
      try {
        await this.#rows.replace(target, key, rest, present.etag, rest.notBefore);
        return;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }
}

function rowKey(rowClass: RowClass, p: Principal): string {
  return `${rowClasses.indexOf(rowClass)}|${kindOrder[p.kind]}|${principalKey(p)}`;
}
