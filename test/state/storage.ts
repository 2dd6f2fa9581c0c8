import { TableClient } from '@azure/data-tables';
import { afterAll, beforeAll } from 'vitest';
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
  let opened: { storage: Awaited<ReturnType<typeof takeStorage>>; state: State } | undefined;
  beforeAll(async () => {
    const storage = await takeStorage();
    const { connectionString } = storage.account(storage.accountName);
    opened = { storage, state: openState({ connectionString }) };
    await opened.state.ensure();
  });
  afterAll(() => opened?.storage.close());
  const started = () => {
    if (opened === undefined) throw new Error('the storage is not started yet');
    return opened;
  };
  return {
    get state() {
      return started().state;
    },
    get connectionString() {
      const { storage } = started();
      return storage.account(storage.accountName).connectionString;
    },
    async table(tableName) {
      const client = TableClient.fromConnectionString(this.connectionString, tableName, {
        allowInsecureConnection: true,
      });
      await client.createTable();
      return client;
    },
    async proxied() {
      const { storage } = started();
      const proxy = await startStorageProxy(storage, storage.accountName);
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
