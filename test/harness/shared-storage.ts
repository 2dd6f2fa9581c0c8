import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionString, type LocalStorage, startStorage } from '../../src/local/storage/azurite.ts';

/**
 * One storage service for all test files, with an account of its own for each world: starting Azurite, and warming it
 * up, costs more than most worlds ask of it. It keeps the real clock, which nothing of it depends on.
 */
interface Shared {
  readonly blobPort: number;
  readonly tablePort: number;
  /** Key of each account, by name. */
  readonly keys: Readonly<Record<string, string>>;
  /** A folder in which taking an account leaves a mark: test files run in several processes. */
  readonly taken: string;
}

const VARIABLE = 'TEST_SHARED_STORAGE';
const ACCOUNTS = 400;

/** Starts it for this process and everything that it starts. Returns what ends it. */
export async function shareStorage(): Promise<() => Promise<void>> {
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `world${index}`);
  const storage = await startStorage({ accounts });
  const taken = mkdtempSync(join(tmpdir(), 'test-storage-'));
  const keys = Object.fromEntries(accounts.map(name => [name, storage.account(name).key]));
  const { blobPort, tablePort } = storage;
  process.env[VARIABLE] = JSON.stringify({ blobPort, tablePort, keys, taken } satisfies Shared);
  return async () => {
    await storage.close();
    rmSync(taken, { recursive: true, force: true });
  };
}

/** An account that nobody used before, in a storage service that stays when it is closed. */
export function takeStorage(): LocalStorage & { readonly accountName: string } {
  const text = process.env[VARIABLE];
  if (text === undefined)
    throw new Error('the storage of the tests was not started: see test/harness/global-setup.ts');
  const { blobPort, tablePort, keys, taken } = JSON.parse(text) as Shared;
  const accountName = Object.keys(keys).find(name => mark(join(taken, name)));
  if (accountName === undefined) throw new Error(`all ${ACCOUNTS} accounts of the shared storage are taken`);
  return {
    blobPort,
    tablePort,
    accountName,
    account: name => {
      const key = keys[name] ?? '';
      return { name, key, connectionString: connectionString(name, key, blobPort, tablePort) };
    },
    close: async () => undefined,
  };
}

/** Whether this process is the first to leave the mark. */
function mark(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
