import { TableClient } from '@azure/data-tables';
import { beforeAll } from 'vitest';
import type { Change } from '../../src/identity/change.ts';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { type StorageProxy, startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { openState, type State } from '../../src/state/state.ts';
import { takeStorage } from '../harness/shared-storage.ts';

const TARGET = 'account-1';

/** A storage account for a test file alone. Tests keep apart by target names. */
export interface TestStorage {
  readonly state: State;
  readonly connectionString: string;
  /** A table for tests of what is below the stores. */
  table(name: string): Promise<TableClient>;
  /** The same storage behind a fault proxy. The caller closes the proxy. */
  proxied(): Promise<{ proxy: StorageProxy; state: State }>;
}

/** Makes the tables before the tests of the calling file. */
export function useStorage(): TestStorage {
  const storage = takeStorage();
  const { account } = storage;
  const name = storage.accountName;
  let state: State | undefined;
  beforeAll(async () => {
    state = openState({ connectionString: account(name).connectionString });
    await state.ensure();
  });
  const started = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the storage is not started yet');
    return value;
  };
  return {
    get state() {
      return started(state);
    },
    get connectionString() {
      return account(name).connectionString;
    },
    async table(tableName) {
      const client = TableClient.fromConnectionString(this.connectionString, tableName, {
        allowInsecureConnection: true,
      });
      await client.createTable();
      return client;
    },
    async proxied() {
      const proxy = await startStorageProxy(storage, name);
      return { proxy, state: openState({ connectionString: proxy.connectionString }) };
    },
  };
}

export function changeOf(kind: PrincipalKind, id: string, more: Partial<Change> = {}): Change {
  return {
    target: TARGET,
    principal: { kind, id },
    cause: 'poll',
    notBefore: 0,
    heardAt: 0,
    correlationId: 'c',
    ...more,
  };
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}
