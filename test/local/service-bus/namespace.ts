import {
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
  type ServiceBusSender,
} from '@azure/service-bus';
import { vi } from 'vitest';
import { type Broker, type QueueOptions, startBroker } from '../../../src/local/service-bus/broker.ts';

/** What the client library calls a sequence number. */
export type SequenceNumber = NonNullable<ServiceBusReceivedMessage['sequenceNumber']>;

/** How long a test waits for a message that must not come (milliseconds). */
const QUIET_MS = 120;

/** A broker with one queue, and the client library on it. */
export interface Namespace extends AsyncDisposable {
  broker: Broker;
  client: ServiceBusClient;
  sender: ServiceBusSender;
  receiver: ServiceBusReceiver;
  deadLetters: ServiceBusReceiver;
}

export const QUEUE = 'orders';

export async function openNamespace(options: Omit<QueueOptions, 'name'> = {}): Promise<Namespace> {
  const broker = await startBroker({ queues: [{ name: QUEUE, ...options }] });
  const client = newClient(broker);
  return {
    broker,
    client,
    sender: client.createSender(QUEUE),
    // Renewal by the library would keep a lock alive that a test wants to see expire.
    receiver: client.createReceiver(QUEUE, { maxAutoLockRenewalDurationInMs: 0 }),
    deadLetters: client.createReceiver(QUEUE, {
      subQueueType: 'deadLetter',
      maxAutoLockRenewalDurationInMs: 0,
    }),
    async [Symbol.asyncDispose]() {
      await client.close();
      await broker.close();
    },
  };
}

/** Another client, which tells of every failure at once. */
export function newClient({ connectionString }: Pick<Broker, 'connectionString'>, timeoutInMs = 5000) {
  const retryOptions = { maxRetries: 0, timeoutInMs, retryDelayInMs: 50 };
  const client = new ServiceBusClient(connectionString, { retryOptions });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** Receives exactly `count` messages. */
export async function take(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> {
  const taken: ServiceBusReceivedMessage[] = [];
  while (taken.length < count) {
    const more = await receiver.receiveMessages(count - taken.length, { maxWaitTimeInMs: 5000 });
    if (more.length === 0) throw new Error(`${taken.length} of ${count} messages came.`);
    taken.push(...more);
  }
  return taken;
}

export async function takeOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await take(receiver, 1);
  return message as ServiceBusReceivedMessage;
}

/** What comes within a short while, which should be nothing. */
export function takeNone(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage[]> {
  return receiver.receiveMessages(1, { maxWaitTimeInMs: QUIET_MS });
}

/** Stops the wall clock; timers go on. To be undone with `vi.useRealTimers()`. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
}

export function passTime(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

export function inFuture(ms: number): Date {
  return new Date(Date.now() + ms);
}

export function ids(messages: readonly ServiceBusReceivedMessage[]): unknown[] {
  return messages.map(message => message.messageId);
}
