import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { now } from '../identity/clock.ts';
import { RowStore, VersionConflict } from './row-store.ts';

const leaseSchema = z.object({
  /** Empty when released. */
  owner: z.string(),
  /** Grows by one with every change of owner: intents of an older epoch are somebody else's. */
  epoch: z.number().int(),
  expiresAt: z.number(),
});
type Lease = z.infer<typeof leaseSchema>;

export interface HeldLease {
  readonly epoch: number;
  readonly expiresAt: number;
  readonly etag: string;
}

/** Leases as table rows changed by ETag; unlike a blob lease they carry an epoch and may be as short as one likes. */
export class Leases {
  readonly #rows: RowStore<Lease>;

  constructor(table: TableClient) {
    this.#rows = new RowStore<Lease>(table, leaseSchema);
  }

  /** The lease, or undefined while somebody else's has not run out. */
  async acquire(name: string, owner: string, durationMs: number): Promise<HeldLease | undefined> {
    const row = await this.#rows.get('lease', name);
    const at = now();
    if (row !== undefined && row.value.owner !== '' && row.value.owner !== owner && row.value.expiresAt > at)
      return undefined;
    const next: Lease = { owner, epoch: (row?.value.epoch ?? 0) + 1, expiresAt: at + durationMs };
    try {
      const etag =
        row === undefined
          ? await this.#rows.insert('lease', name, next)
          : await this.#rows.replace('lease', name, next, row.etag);
      return { epoch: next.epoch, expiresAt: next.expiresAt, etag };
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }

  /** The prolonged lease, or undefined when it is no longer ours. */
  async renew(
    name: string,
    owner: string,
    held: HeldLease,
    durationMs: number,
  ): Promise<HeldLease | undefined> {
    const expiresAt = now() + durationMs;
    try {
      const etag = await this.#rows.replace(
        'lease',
        name,
        { owner, epoch: held.epoch, expiresAt },
        held.etag,
      );
      return { epoch: held.epoch, expiresAt, etag };
    } catch (error) {
      if (error instanceof VersionConflict) return undefined;
      throw error;
    }
  }

  async release(name: string, held: HeldLease): Promise<void> {
    try {
      await this.#rows.replace('lease', name, { owner: '', epoch: held.epoch, expiresAt: 0 }, held.etag);
    } catch (error) {
      // Lost to another owner in the meantime: there is nothing left to release.
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}
