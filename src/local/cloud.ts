import { randomBytes } from 'node:crypto';
import { type LocalDatabricks, startDatabricks } from './databricks/server.ts';
import { type LocalDirectory, startDirectory } from './directory/directory.ts';
import type { DirectorySeed } from './directory/types.ts';
import { type ManagedIdentity, startManagedIdentity } from './managed-identity.ts';
import { type Broker, startBroker } from './service-bus/broker.ts';
import { startStorage } from './storage/azurite.ts';

/** The queue as the infrastructure creates it. All durations in milliseconds. */
export const IDENTITY_CHANGES_QUEUE = {
  name: 'identity-changes',
  lockDurationMs: 60_000,
  maxDeliveryCount: 20,
  duplicateDetectionWindowMs: 600_000,
  deadLetterOnExpiry: true,
} as const;

/** The application id of Azure Databricks, for which Entra tokens of its SCIM API are issued. */
const DATABRICKS_RESOURCE = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';

/** Azure's management API: a token for it shows a workspace which Azure resources an identity may manage. */
const MANAGEMENT_RESOURCE = 'https://management.core.windows.net/';

export interface LocalCloudOptions {
  readonly tenantId: string;
  readonly accountId: string;
  /** Object id of the enterprise application in the seed. */
  readonly applicationObjectId: string;
  readonly seed: DirectorySeed;
  /** `off` switches the request limits of the local Databricks off. Default: the published ones. */
  readonly limits?: 'off';
  /** Ports to try first; a taken one is replaced by a free one. */
  readonly ports?: { readonly directory?: number; readonly databricks?: number; readonly broker?: number };
  /** A storage that somebody else started, and the connection string of the account to use. */
  readonly storage?: { readonly connectionString: string };
  /** An identity endpoint that somebody else started: a process keeps the first one that it finds. */
  readonly identity?: ManagedIdentity;
}

/** Everything in the cloud that the product talks to, on this machine. */
export interface LocalCloud {
  readonly directory: LocalDirectory;
  readonly databricks: LocalDatabricks;
  readonly broker: Broker;
  readonly identity: ManagedIdentity;
  /** Token that the Graph write API and SCIM take from people and tests. */
  readonly operatorToken: string;
  /** App settings that point the product here. `NOTIFICATION_URL` is the caller's to add. */
  readonly settings: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Starts all of it, and nothing is left running when a part of it cannot be started. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const started: { close(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    for (const part of started.toReversed()) await part.close();
  };
  const begin = async <T extends { close(): Promise<void> }>(part: Promise<T>): Promise<T> => {
    const running = await part;
    started.push(running);
    return running;
  };
  const operatorToken = randomBytes(24).toString('base64url');
  const scimToken = randomBytes(24).toString('base64url');
  const { ports = {} } = options;
  try {
    const identity = options.identity ?? (await begin(startManagedIdentity()));
    const directory: LocalDirectory = await begin(
      onPort(ports.directory, port =>
        startDirectory({
          port,
          tenantId: options.tenantId,
          seed: options.seed,
          acceptToken: token => token === operatorToken || identity.accepts(directory.url, token),
        }),
      ),
    );
    const databricks = await begin(
      onPort(ports.databricks, port =>
        startDatabricks({
          port,
          accountId: options.accountId,
          limits: options.limits,
          operatorToken,
          acceptToken: token => token === operatorToken || identity.accepts(DATABRICKS_RESOURCE, token),
          acceptManagementToken: token => identity.accepts(MANAGEMENT_RESOURCE, token),
        }),
      ),
    );
    databricks.scimTokens.push(scimToken);
    const broker = await begin(
      onPort(ports.broker, port => startBroker({ port, queues: [IDENTITY_CHANGES_QUEUE] })),
    );
    const storage = options.storage ?? (await begin(startStorage())).account('local');
    return {
      identity,
      directory,
      databricks,
      broker,
      operatorToken,
      settings: {
        ...identity.env,
        ENTRA_TENANT_ID: options.tenantId,
        ENTRA_APPLICATION_OBJECT_ID: options.applicationObjectId,
        GRAPH_URL: directory.url,
        DATABRICKS_HOST: databricks.url,
        PROVISIONING_CONFIG_FILE: 'none',
        DATABRICKS_ACCOUNT_ID: options.accountId,
        DATABRICKS_SCIM_TOKEN: scimToken,
        NOTIFICATION_CLIENT_STATE: randomBytes(24).toString('base64url'),
        ServiceBusConnection: broker.connectionString,
        AzureWebJobsStorage: storage.connectionString,
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Starts on the usual port, or on any free one when that is taken. */
async function onPort<T>(port: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port ?? 0);
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (!taken || port === undefined) throw error;
    return start(0);
  }
}
