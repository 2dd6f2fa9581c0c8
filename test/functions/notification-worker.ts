import { randomUUID } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { type LocalCloud, startLocalCloud } from '../../src/local/cloud.ts';
import { startWorker, type WorkerProcess } from '../../src/local/worker-process.ts';
import { messageBody, type Obligation } from '../../src/messaging/message.ts';

const APP_ROOT = fileURLToPath(new URL('../..', import.meta.url));
const QUEUE = 'identity-changes';

/** The built notification function in a worker of its own, against the local cloud. */
export interface NotificationWorker extends AsyncDisposable {
  readonly cloud: LocalCloud;
  readonly worker: WorkerProcess;
  /** Address of the function. */
  readonly url: string;
  readonly tenantId: string;
  readonly clientState: string;
  /** What the worker logged. */
  readonly logs: readonly string[];
  /** A change notification as Graph sends it. */
  item(resource: string, more?: object): object;
  post(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Has Graph subscribe the function to `resource` for an hour, handshake included. Returns the subscription's id. */
  subscribe(resource: string): Promise<string>;
  /** When the subscription of that id ends (ms). */
  expiresAt(subscription: string): Promise<number>;
  /** Looks that wait in the queue for the principal of that id, whenever they are due. */
  queued(id: string): Promise<(Obligation & { type: 'look' })[]>;
  /** All messages that wait in the queue. */
  peek(): Promise<ServiceBusReceivedMessage[]>;
}

/** @param env more for the worker's environment */
export async function startNotificationWorker(
  env: Readonly<Record<string, string>> = {},
): Promise<NotificationWorker> {
  const tenantId = randomUUID();
  const application = randomUUID();
  const cloud = await startLocalCloud({
    tenantId,
    accountId: randomUUID(),
    applicationObjectId: application,
    seed: { servicePrincipals: [{ id: application, appId: randomUUID(), displayName: 'Databricks' }] },
    limits: 'off',
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api/graph-notifications`;
  const logs: string[] = [];
  const worker = await startWorker({
    appRoot: APP_ROOT,
    functions: ['graph-notifications'],
    env: { ...cloud.settings, ...env, NOTIFICATION_URL: url },
    httpPort: port,
    onLog: line => logs.push(line),
  }).catch(async (error: unknown) => {
    await cloud.close();
    throw error;
  });
  const clientState = cloud.settings.NOTIFICATION_CLIENT_STATE ?? '';
  const peek = async (): Promise<ServiceBusReceivedMessage[]> => {
    // A client peeks on from where it was: a new one begins at the front.
    const client = new ServiceBusClient(cloud.broker.connectionString);
    try {
      return await client.createReceiver(QUEUE).peekMessages(1_000);
    } finally {
      await client.close();
    }
  };
  const graph = async (path: string, body?: object): Promise<{ id: string; expirationDateTime: string }> => {
    const response = await fetch(`${cloud.directory.url}/v1.0${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${cloud.operatorToken}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`Graph answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as { id: string; expirationDateTime: string };
  };
  return {
    cloud,
    worker,
    url,
    tenantId,
    clientState,
    logs,
    item: (resource, more = {}) => ({
      subscriptionId: 'any',
      clientState,
      tenantId,
      changeType: 'updated',
      resource,
      subscriptionExpirationDateTime: new Date(Date.now() + 86_400_000).toISOString(),
      ...more,
    }),
    post: (body, headers = {}) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    subscribe: async resource => {
      const expirationDateTime = new Date(Date.now() + 3_600_000).toISOString();
      const urls = { notificationUrl: url, lifecycleNotificationUrl: url };
      const wanted = { ...urls, changeType: 'updated,deleted', resource, clientState, expirationDateTime };
      return (await graph('/subscriptions', wanted)).id;
    },
    expiresAt: async id => Date.parse((await graph(`/subscriptions/${id}`)).expirationDateTime),
    queued: async id => {
      const obligations = (await peek()).map(({ body }) => messageBody.parse(body).obligation);
      return obligations
        .filter(obligation => obligation.type === 'look')
        .filter(look => look.principal.id === id);
    },
    peek,
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await cloud.close();
    },
  };
}

/** A port that was free a moment ago: the function's address has to be known before it is started. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}
