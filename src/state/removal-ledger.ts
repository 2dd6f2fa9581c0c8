import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { type GuardWindow, type RemovalClass, roomLeft, withRemovals } from '../planning/removal-guard.ts';
import { RowStore, VersionConflict } from './row-store.ts';

const ledger = z.object({ removals: z.array(z.tuple([z.number().int(), z.number().int()])) });
type Ledger = z.infer<typeof ledger>;

const PARTITION = 'removals|';

/** What was taken away of late in each target, across looks, instances and cycles. */
export class RemovalLedger {
  readonly #rows: RowStore<Ledger>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<Ledger>(table, ledger);
  }

  /**
   * Counts `count` removals that are about to be made, if the windows have room for all of them. Counted before they are
   * made: what dies in between is counted twice, never not at all.
   * @param limited false: a person has approved them, so that they are counted whatever the windows say
   */
  async admit(
    target: string,
    removalClass: RemovalClass,
    count: number,
    o: { windows: readonly GuardWindow[]; total: number; at: number; limited: boolean },
  ): Promise<boolean> {
    const partition = PARTITION + target;
    for (;;) {
      const row = await this.#rows.get(partition, removalClass);
      const before = row?.value.removals ?? [];
      if (o.limited && count > roomLeft(before, o.windows, o.total, o.at)) return false;
      const removals = withRemovals(before, o.windows, count, o.at).map(([at, n]): [number, number] => [
        at,
        n,
      ]);
      try {
        if (row === undefined) await this.#rows.insert(partition, removalClass, { removals });
        else await this.#rows.replace(partition, removalClass, { removals }, row.etag);
        return true;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  }
}
