import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Beside this file, also where both are built. */
const PROCESS = fileURLToPath(new URL('./azurite-process.ts', import.meta.url)).replace(
  /\.ts$/,
  import.meta.url.slice(-3),
);

const SERVICES = ['Blob', 'Queue', 'Table'] as const;
/** Milliseconds for Azurite to write its files before it is killed. */
const SHUTDOWN_MS = 10_000;

/** What kind of storage to start. */
export interface StorageOptions {
  /** Folder that keeps the data. Default: in memory, gone at the end. */
  location?: string;
  /** Names of the storage accounts (3 to 24 lower-case letters and digits). Default: `local`. */
  accounts?: string[];
  /** Environment of the Azurite process. Default: this one's. */
  env?: NodeJS.ProcessEnv;
}

/** A storage account. */
export interface StorageAccount {
  readonly name: string;
  readonly key: string;
  readonly connectionString: string;
}

/** The running Azurite. */
export interface LocalStorage {
  readonly blobPort: number;
  readonly tablePort: number;
  /** What its servers call for each request, where it runs in this very process. */
  readonly listeners?: { readonly blob: RequestListener; readonly table: RequestListener };
  /** @throws for an account that was not asked for at start. */
  account(name: string): StorageAccount;
  close(): Promise<void>;
}

/**
 * Starts Azurite on free loopback ports and waits until it listens. It ends with this process, also when that is killed.
 *
 * @throws with Azurite's own words, when it does not start.
 */
export async function startStorage(options: StorageOptions = {}): Promise<LocalStorage> {
  const keys = new Map(
    (options.accounts ?? ['local']).map(name => [name, randomBytes(64).toString('base64')]),
  );
  const child = fork(PROCESS, azuriteArguments(options), {
    // Not here: Azurite looks for files of its own in the current folder.
    cwd: tmpdir(),
    silent: true,
    // Out of the terminal's process group: Ctrl-C must not take the storage away before those who write to it.
    detached: true,
    env: {
      ...(options.env ?? process.env),
      AZURITE_ACCOUNTS: [...keys].map(([name, key]) => `${name}:${key}`).join(';'),
    },
  });
  const exited = once(child, 'exit');
  const ports = await listeningPorts(child).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await exited;
    throw error;
  });
  child.stdout?.resume();
  child.stderr?.resume();
  const { Blob: blobPort, Table: tablePort } = ports;

  return {
    blobPort,
    tablePort,
    account(name) {
      const key = keys.get(name);
      if (key === undefined) throw new Error(`the storage has no account "${name}"`);
      return { name, key, connectionString: connectionString(name, key, blobPort, tablePort) };
    },
    async close() {
      // In memory there is nothing to lose; otherwise Azurite writes its files first.
      if (options.location !== undefined) await shutDown(child, exited);
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A connection string whose endpoints are path-style on loopback, as the storage SDKs take it. */
export function connectionString(name: string, key: string, blobPort: number, tablePort: number): string {
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${name}`,
    `AccountKey=${key}`,
    `BlobEndpoint=http://127.0.0.1:${blobPort}/${name}`,
    `TableEndpoint=http://127.0.0.1:${tablePort}/${name}`,
    '',
  ].join(';');
}

function azuriteArguments(options: StorageOptions): string[] {
  const entry = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const place = options.location === undefined ? ['--inMemoryPersistence'] : ['--location', options.location];
  const addresses = SERVICES.flatMap(service => {
    const name = service.toLowerCase();
    return [`--${name}Host`, '127.0.0.1', `--${name}Port`, '0'];
  });
  return [entry, '--silent', '--disableTelemetry', '--skipApiVersionCheck', ...place, ...addresses];
}

/** The ports that Azurite prints once each of its services listens. */
function listeningPorts(child: ChildProcess): Promise<Record<(typeof SERVICES)[number], number>> {
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      const ports: Partial<Record<(typeof SERVICES)[number], number>> = {};
      for (const [, service, port] of text.matchAll(
        /Azurite (\w+) service is successfully listening at \S+:(\d+)/g,
      )) {
        ports[service as (typeof SERVICES)[number]] = Number(port);
      }
      const { Blob, Queue, Table } = ports;
      if (Blob && Queue && Table) resolve({ Blob, Queue, Table });
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`Azurite ended with ${code}: ${text.trim()}`)));
  });
}

/** Asks Azurite to end, and waits until its three services say that they have closed: it does not exit by itself. */
async function shutDown(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const closed = new Promise<void>(resolve => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('service successfully closed').length > SERVICES.length) resolve();
    });
    timer = setTimeout(resolve, SHUTDOWN_MS);
  });
  child.kill('SIGTERM');
  await Promise.race([closed, exited]);
  clearTimeout(timer);
}
