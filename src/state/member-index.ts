import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { RowStore, transact } from './row-store.ts';

const mark = z.object({
  /** Asleep because of his own look, which left nothing to be asked: he is out of scope. */
  settled: z.boolean().optional(),
});
type Mark = z.infer<typeof mark>;

/** Actions in one storage transaction. */
const BATCH = 100;

/**
 * Which groups a user is written into (`u|user|group`), and which wanted memberships wait for his link (`w|user|group`
 * and, by group, `g|group|user`, or `d|group|user` for a disabled user, whom nobody waits for). A user is here whoever
 * may be a member: service principals and nested groups as well. The membership records stay the truth; a row here only
 * leads to a look, so one too many is harmless, and rows are written before what they point to.
 */
export class MemberIndex {
  readonly #table: TableClient;
  readonly #rows: RowStore<Mark>;

  constructor(table: TableClient) {
    this.#table = table;
    this.#rows = new RowStore(table, mark);
  }

  addMembers(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(users.map(user => put(target, `u|${user}|${group}`)));
  }

  removeMembers(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(users.map(user => drop(target, `u|${user}|${group}`)));
  }

  async groupsOf(target: string, user: string): Promise<string[]> {
    return this.#suffixes(target, `u|${user}|`);
  }

  /** Notes that `group` wants these users, so that no change of theirs is taken for an irrelevant one. */
  addWanted(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(users.map(user => put(target, `w|${user}|${group}`)));
  }

  /** Notes that `group` waits for the links of these users, whom it {@link addWanted wants}. */
  addPending(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(users.map(user => put(target, `g|${group}|${user}`)));
  }

  /**
   * Notes that `group` would want these users if they were enabled, or in scope: it does not wait for them.
   * @param settled their own look found them out of scope, so that the group need not ask for another one
   */
  addAsleep(target: string, group: string, users: readonly string[], settled = false): Promise<void> {
    return this.#all(
      users.flatMap(user => [
        put(target, `w|${user}|${group}`),
        put(target, `d|${group}|${user}`, settled ? { settled } : {}),
      ]),
    );
  }

  /** They are asleep now, and no longer pending. */
  putToSleep(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(users.map(user => drop(target, `g|${group}|${user}`)));
  }

  /** Nobody waits for this user any longer; he is still known to be wanted, should a change of his come. */
  async sleepEverywhere(target: string, user: string, settled = false): Promise<void> {
    for (const group of await this.groupsWaitingFor(target, user)) {
      await this.addAsleep(target, group, [user], settled);
      await this.putToSleep(target, group, [user]);
    }
  }

  /** Forgets users of a group, pending or asleep. */
  removePending(target: string, group: string, users: readonly string[]): Promise<void> {
    return this.#all(
      users.flatMap(user => [
        drop(target, `w|${user}|${group}`),
        drop(target, `g|${group}|${user}`),
        drop(target, `d|${group}|${user}`),
      ]),
    );
  }

  groupsWaitingFor(target: string, user: string): Promise<string[]> {
    return this.#suffixes(target, `w|${user}|`);
  }

  pendingOf(target: string, group: string): Promise<string[]> {
    return this.#suffixes(target, `g|${group}|`);
  }

  /** Users who are asleep, and of each whether his own look settled that he is out of scope. */
  async asleepIn(target: string, group: string): Promise<ReadonlyMap<string, boolean>> {
    const prefix = `d|${group}|`;
    const found = new Map<string, boolean>();
    for await (const { key, value } of this.#rows.list(target, { prefix }))
      found.set(key.slice(prefix.length), value.settled === true);
    return found;
  }

  /** Whether the group waits for anybody but `user`. */
  async awaitsOthers(target: string, group: string, user: string): Promise<boolean> {
    for await (const row of this.#rows.list(target, { prefix: `g|${group}|`, limit: 2 })) {
      if (row.key !== `g|${group}|${user}`) return true;
    }
    return false;
  }

  /** True when some group waits for the user: then a change of his can matter although he has no link. */
  async isAwaited(target: string, user: string): Promise<boolean> {
    for await (const _ of this.#rows.list(target, { prefix: `w|${user}|`, limit: 1 })) return true;
    return false;
  }

  async #suffixes(target: string, prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const row of this.#rows.list(target, { prefix })) found.push(row.key.slice(prefix.length));
    return found;
  }

  async #all(actions: TransactionAction[]): Promise<void> {
    const distinct = [...new Map(actions.map(action => [action[1].rowKey, action])).values()];
    for (let start = 0; start < distinct.length; start += BATCH) {
      await this.#some(distinct.slice(start, start + BATCH));
    }
  }

  /** One delete of a missing row fails a whole transaction, so deletes go one by one. */
  async #some(actions: TransactionAction[]): Promise<void> {
    const puts = actions.filter(action => action[0] === 'upsert');
    if (puts.length > 0) await transact(this.#table, puts);
    const drops = actions.filter(action => action[0] === 'delete');
    await Promise.all(
      drops.map(([, { partitionKey, rowKey }]) => this.#rows.delete(partitionKey ?? '', rowKey ?? '')),
    );
  }
}

function put(partitionKey: string, rowKey: string, value: Mark = {}): TransactionAction {
  return ['upsert', { partitionKey, rowKey, data: JSON.stringify(value) }, 'Replace'];
}

function drop(partitionKey: string, rowKey: string): TransactionAction {
  return ['delete', { partitionKey, rowKey }];
}
