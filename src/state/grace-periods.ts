import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { type Principal, principal, principalKey } from '../identity/principal.ts';
import { RowStore } from './row-store.ts';

const schema = z.object({ principal });
const PARTITION = 'grace|';

/**
 * When the grace periods of leavers end. They last up to months, so they are no backlog rows, which keep an instance
 * awake: the poll asks which have ended. A row that outlives its reason only costs a look.
 */
export class GracePeriods {
  readonly #rows: RowStore<z.infer<typeof schema>>;

  constructor(table: TableClient) {
    this.#rows = new RowStore(table, schema);
  }

  async put(target: string, p: Principal, endsAt: number): Promise<void> {
    await this.#rows.upsert(PARTITION + target, principalKey(p), { principal: p }, endsAt);
  }

  async clear(target: string, p: Principal): Promise<void> {
    await this.#rows.delete(PARTITION + target, principalKey(p));
  }

  /** Whose grace period has ended by `instant` (ms). */
  async endedBy(target: string, instant: number): Promise<Principal[]> {
    const found: Principal[] = [];
    for await (const { value } of this.#rows.list(PARTITION + target, { dueBy: instant }))
      found.push(value.principal);
    return found;
  }
}
