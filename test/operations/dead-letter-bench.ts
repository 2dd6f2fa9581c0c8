import { randomUUID } from 'node:crypto';
import { ServiceBusClient, type ServiceBusMessage, type ServiceBusReceivedMessage } from '@azure/service-bus';
import { defaultConfig } from '../../src/config/provisioning-config.ts';
import type { Principal } from '../../src/identity/principal.ts';
import { type Broker, startBroker } from '../../src/local/service-bus/broker.ts';
import { ChangeQueue, QUEUE_NAME } from '../../src/messaging/change-queue.ts';
import type { ServiceBusSettings } from '../../src/operations/dead-letters-queue.ts';

/** One that is to become a dead letter. */
export interface Letter {
  readonly principal?: Principal;
  readonly target?: string;
  readonly reason?: string;
  readonly description?: string;
  /** In place of a message that is understood. */
  readonly raw?: ServiceBusMessage;
}

export interface Bench extends AsyncDisposable {
  readonly broker: Broker;
  readonly client: ServiceBusClient;
  readonly queue: ChangeQueue;
  readonly settings: ServiceBusSettings;
  /** Puts messages on the queue and moves them to its dead-letter queue. */
  bury(letters: readonly Letter[]): Promise<void>;
  /** What is on the queue. */
  sent(): Promise<ServiceBusReceivedMessage[]>;
}

/** A broker, and the real client on it. */
export async function openBench(): Promise<Bench> {
  const broker = await startBroker({ queues: [{ name: QUEUE_NAME }] });
  const client = new ServiceBusClient(broker.connectionString, { retryOptions: { maxRetries: 0 } });
  const queue = new ChangeQueue(client, { settleWindowMs: 2_000 });
  return {
    async [Symbol.asyncDispose]() {
      await queue.close();
      await client.close();
      await broker.close();
    },
    broker,
    client,
    queue,
    settings: settingsOf(broker.connectionString),
    bury: letters => bury(broker.connectionString, letters),
    sent: async () => {
      const receiver = client.createReceiver(QUEUE_NAME);
      const found: ServiceBusReceivedMessage[] = [];
      for (let next = one; ; ) {
        const page = await receiver.peekMessages(250, next === undefined ? {} : { fromSequenceNumber: next });
        found.push(...page);
        const last = page.at(-1)?.sequenceNumber;
        if (last === undefined) break;
        next = last.add(1);
      }
      await receiver.close();
      return found;
    },
  };
}

/** The first peek of a receiver begins at the head. */
const one: ServiceBusReceivedMessage['sequenceNumber'] = undefined;

function settingsOf(connectionString: string): ServiceBusSettings {
  const ids = { tenantId: randomUUID(), applicationObjectId: randomUUID(), accountId: randomUUID() };
  return { serviceBus: { connectionString }, config: defaultConfig(ids) };
}

/** Puts messages on the queue and moves them to its dead-letter queue. */
export async function bury(connectionString: string, letters: readonly Letter[]): Promise<void> {
  const client = new ServiceBusClient(connectionString);
  try {
    await buryOn(client, letters);
  } finally {
    await client.close();
  }
}

async function buryOn(client: ServiceBusClient, letters: readonly Letter[]): Promise<void> {
  const sender = client.createSender(QUEUE_NAME);
  const byId = new Map<string, Letter>();
  for (let start = 0; start < letters.length; start += 200) {
    const messages = letters.slice(start, start + 200).map(letter => {
      const message = messageOf(letter);
      byId.set(String(message.messageId), letter);
      return message;
    });
    await sender.sendMessages(messages);
  }
  await sender.close();
  const receiver = client.createReceiver(QUEUE_NAME, { maxAutoLockRenewalDurationInMs: 0 });
  const others: ServiceBusReceivedMessage[] = [];
  while (byId.size > 0) {
    const page = await receiver.receiveMessages(Math.min(byId.size, 250), { maxWaitTimeInMs: 5_000 });
    if (page.length === 0) throw new Error(`${byId.size} messages did not come`);
    for (const message of page) {
      const letter = byId.get(String(message.messageId));
      if (letter === undefined) {
        others.push(message);
        continue;
      }
      byId.delete(String(message.messageId));
      await receiver.deadLetterMessage(message, {
        deadLetterReason: letter.reason ?? 'TargetRefused400',
        deadLetterErrorDescription: letter.description ?? 'SCIM PATCH Users/1: 400 invalidValue',
      });
    }
  }
  for (const message of others) await receiver.abandonMessage(message);
  await receiver.close();
}

function messageOf({ principal, target = 'account-1', raw }: Letter): ServiceBusMessage {
  const messageId = `m-${randomUUID()}`;
  if (raw !== undefined) return { messageId, ...raw };
  const correlationId = `c-${principal?.id}`;
  const at = { notBefore: 5, heardAt: 5 };
  const obligation = { type: 'look', target, principal, cause: 'notification', correlationId, ...at };
  return {
    messageId,
    correlationId,
    contentType: 'application/json',
    body: { obligation },
    applicationProperties: { chain: messageId, attempt: 3, hops: 1 },
  };
}
