import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Deployed, smokeTest } from '../../scripts/deploy/smoke-test.ts';
import { type LocalCloud, startLocalCloud } from '../../src/local/cloud.ts';
import { startStorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { startWorker, type WorkerProcess } from '../../src/local/worker-process.ts';
import { freePort } from '../harness/free-port.ts';
import { takeStorage } from '../harness/shared-storage.ts';
import { APPLICATION, tenant, user } from '../harness/tenant.ts';

// The script as a pipeline runs it after a deployment, against the app in a process of its own and the local cloud.
const ada = user('ada');
const started = new AsyncDisposableStack();
let cloud: LocalCloud;
let worker: WorkerProcess;
let deployed: Deployed;
const said: string[] = [];

const accountOfAda = () => cloud.databricks.store.user(ada.userPrincipalName);

beforeAll(async () => {
  const accountId = randomUUID();
  const server = await takeStorage();
  started.defer(() => server.close());
  const storage = await startStorageProxy(server, server.accountName);
  started.defer(() => storage.close());
  cloud = await startLocalCloud({
    tenantId: randomUUID(),
    accountId,
    applicationObjectId: APPLICATION,
    limits: 'off',
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    storage,
  });
  started.defer(() => cloud.close());
  const httpPort = await freePort();
  const app = `http://127.0.0.1:${httpPort}`;
  worker = await startWorker({
    appRoot: fileURLToPath(new URL('../..', import.meta.url)),
    functions: ['apply-change', 'graph-notifications', 'reconcile'],
    env: { ...cloud.settings, NOTIFICATION_URL: `${app}/api/graph-notifications` },
    httpPort,
    onLog: () => undefined,
  });
  started.defer(() => worker.kill());
  const serviceBus = new ServiceBusClient(cloud.broker.connectionString);
  started.defer(() => serviceBus.close());
  deployed = {
    app,
    serviceBus,
    target: `account-${accountId}`,
    user: undefined,
    timeoutMs: 20_000,
    say: line => void said.push(line),
  };
});
afterAll(() => started.disposeAsync());

test('an app that works passes, and what the test made is taken away again', async () => {
  await smokeTest(deployed);
  expect(said.map(line => line.replace(/:.*/, ''))).toEqual([
    'passed   handshake',
    'passed   forgery',
    'passed   change',
    'passed   dead letter',
  ]);
  expect(said.at(-1)).toContain('"InvalidMessage"');
  const receiver = deployed.serviceBus.createReceiver('identity-changes', { subQueueType: 'deadLetter' });
  expect(await receiver.peekMessages(10)).toEqual([]);
  await receiver.close();
});

test('the change of a user in scope goes through to the target', async () => {
  await worker.fire('reconcile');
  await vi.waitUntil(() => accountOfAda()?.active === true, { timeout: 20_000 });
  cloud.directory.store.update(ada.id, { accountEnabled: false });
  await smokeTest({ ...deployed, app: undefined, user: ada.id });
  expect(said).toContain('skipped  handshake: there is no webhook');
  expect(accountOfAda()?.active).toBe(false);
});

test('dead letters of others stay where they are', async () => {
  const sender = deployed.serviceBus.createSender('identity-changes');
  await sender.sendMessages({ body: { nonsense: true }, messageId: 'somebody-elses' });
  await sender.close();
  await smokeTest({ ...deployed, app: undefined });
  const receiver = deployed.serviceBus.createReceiver('identity-changes', { subQueueType: 'deadLetter' });
  const left = await receiver.receiveMessages(10, { maxWaitTimeInMs: 2_000 });
  expect(left.map(({ messageId }) => messageId)).toEqual(['somebody-elses']);
  for (const message of left) await receiver.completeMessage(message);
  await receiver.close();
});

test('a change that ends in the dead-letter queue fails the test, with its reason', async () => {
  const other = { ...deployed, app: undefined, target: 'account-of-nobody' };
  await expect(smokeTest(other)).rejects.toThrow('change: dead-lettered for UnknownTarget');
});

test('a webhook that gives back something else fails the test', async () => {
  // The local directory answers here, with an error of its own.
  await expect(smokeTest({ ...deployed, app: cloud.directory.url })).rejects.toThrow(/^handshake: 4/);
});
