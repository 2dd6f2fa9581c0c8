import { randomBytes } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { connectionString, type LocalStorage } from '../../src/local/storage/azurite.ts';
import { keepOpenBetweenFiles } from './active-resources.ts';

/**
 * One Azurite for all worlds of a test process, and in that process: starting it costs more than most worlds ask of
 * it, and a request that changes processes twice less costs half. Each world has an account of its own.
 */
interface Shared {
  readonly servers: { readonly blob: AzuriteServer; readonly table: AzuriteServer };
  /** Accounts that nobody took yet, with their keys. */
  readonly free: [name: string, key: string][];
}

/** What is used of Azurite's own servers (azurite/dist/src/common/ServerBase.js); the version is pinned. */
interface AzuriteServer {
  readonly httpServer: Server;
  start(): Promise<void>;
}
type Constructor<T> = new (...args: unknown[]) => T;

const SHARED = Symbol.for('test-storage');
const ACCOUNTS = 300;

/** A storage account that nobody used before, in a storage service that stays when it is closed. */
export async function takeStorage(): Promise<LocalStorage & { readonly accountName: string }> {
  const { servers, free } = await shared();
  const [name, key] = free.pop() ?? [];
  if (name === undefined || key === undefined)
    throw new Error(`all ${ACCOUNTS} accounts of the storage are taken`);
  const blobPort = portOf(servers.blob);
  const tablePort = portOf(servers.table);
  return {
    blobPort,
    tablePort,
    accountName: name,
    listeners: { blob: listenerOf(servers.blob), table: listenerOf(servers.table) },
    account: () => ({ name, key, connectionString: connectionString(name, key, blobPort, tablePort) }),
    // Connections that only wait for another request would look like a leak of the test file.
    close: async () => {
      servers.blob.httpServer.closeIdleConnections();
      servers.table.httpServer.closeIdleConnections();
    },
  };
}

/** Kept by the process and not by this module: a test file may load its modules anew. */
function shared(): Promise<Shared> {
  const place = globalThis as { [SHARED]?: Promise<Shared> };
  place[SHARED] ??= keepOpenBetweenFiles(start);
  return place[SHARED];
}

async function start(): Promise<Shared> {
  const free = Array.from({ length: ACCOUNTS }, (_, index): [string, string] => [
    `world${index}`,
    randomBytes(32).toString('base64'),
  ]);
  // Azurite reads them again every minute.
  process.env.AZURITE_ACCOUNTS = free.map(([name, key]) => `${name}:${key}`).join(';');
  // Azurite's telemetry would patch the Azure libraries of this process, which then trace every message they send.
  process.env.APPLICATION_INSIGHTS_NO_DIAGNOSTIC_CHANNEL = '1';
  const require = createRequire(import.meta.url);
  const load = <T>(path: string): Constructor<T> =>
    (require(`azurite/dist/src/${path}.js`) as { default: Constructor<T> }).default;
  const none = undefined;
  const HOST = ['127.0.0.1', 0, 5] as const;
  // In the order of Azurite's constructors: debug log, access log with stream and file, loose, any API version,
  // certificate with key and password, OAuth, product-style URLs off, in memory.
  const REST = [false, false, none, none, false, true, '', '', '', none, false, true] as const;
  const blobConfiguration = new (load('blob/BlobConfiguration'))(
    ...HOST,
    '__blob.json',
    '__extent.json',
    [],
    // As REST, but for the places of the two logs' settings, which the blob service has the other way round.
    REST[1],
    REST[2],
    REST[0],
    ...REST.slice(3),
  );
  const tableConfiguration = new (load('table/TableConfiguration'))(...HOST, '__table.json', ...REST);
  const servers = {
    blob: new (load<AzuriteServer>('blob/BlobServer'))(blobConfiguration),
    table: new (load<AzuriteServer>('table/TableServer'))(tableConfiguration),
  };
  await Promise.all([servers.blob.start(), servers.table.start()]);
  return { servers, free };
}

function portOf({ httpServer }: AzuriteServer): number {
  return (httpServer.address() as AddressInfo).port;
}

function listenerOf({ httpServer }: AzuriteServer): RequestListener {
  return httpServer.listeners('request')[0] as RequestListener;
}
