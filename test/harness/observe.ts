import { setTimeout as realSleep } from 'node:timers/promises';
import { ServiceBusClient, type ServiceBusMessage, type ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Realm } from '../../src/local/databricks/realm.ts';
import type { RequestRecord } from '../../src/local/databricks/types.ts';
import type { World } from './world.ts';

/** SCIM requests that may change something, in order of arrival: at the account, or in a workspace. */
export function writes(world: World, realm: Realm = world.cloud.databricks): RequestRecord[] {
  return realm.log.filter(record => record.method !== 'GET' && !isProbe(record));
}

/** Asks whether identities are managed automatically, by an id that nobody has. */
function isProbe({ path, status }: RequestRecord): boolean {
  return path.endsWith('/resolve-by-external-id') && status >= 400;
}

/** Records the writes from now on: `lines` gives them as `PATCH /Users/1`, in order of arrival. */
export function watchWrites(world: World, realm?: Realm): { lines(): string[]; records(): RequestRecord[] } {
  const before = writes(world, realm).length;
  const records = (): RequestRecord[] => writes(world, realm).slice(before);
  return { records, lines: () => records().map(({ method, path }) => `${method} ${path}`) };
}

/** The SCIM id of the user with that alias. @throws when there is none. */
export function scimIdOf(world: World, alias: string, { store }: Realm = world.cloud.databricks): string {
  const found = store.user(`${alias}@contoso.com`);
  if (found === undefined) throw new Error(`no user ${alias} in the target`);
  return found.id;
}

/** User names of a group's members in the target, sorted; undefined when there is no such group. */
export function memberNames(
  world: World,
  group: string,
  { store }: Realm = world.cloud.databricks,
): string[] | undefined {
  const found = store.group(group);
  return found && [...found.members].map(id => store.find(id)?.userName ?? id).sort();
}

/** What waits on the queue, scheduled or active, without taking any of it. */
export async function waitingMessages(world: World): Promise<ServiceBusReceivedMessage[]> {
  return withQueue(world, client => client.createReceiver('identity-changes').peekMessages(100));
}

/** Puts messages on the queue as somebody with a Service Bus client would. */
export async function sendMessages(world: World, messages: readonly ServiceBusMessage[]): Promise<void> {
  await withQueue(world, async client => client.createSender('identity-changes').sendMessages([...messages]));
}

async function withQueue<T>(world: World, use: (client: ServiceBusClient) => Promise<T>): Promise<T> {
  const client = new ServiceBusClient(world.cloud.broker.connectionString);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Moves the clock step by step although requests are being held: the world's own steps wait for them. */
export async function march(world: World, what: string, holds: () => boolean, stepMs = 200): Promise<void> {
  for (let steps = 0; !holds(); steps += 1) {
    if (steps > 500) throw new Error(`did not come about: ${what}\n${world.logs.slice(-20).join('\n')}`);
    world.clock.advance(stepMs);
    await realSleep(25);
  }
}
