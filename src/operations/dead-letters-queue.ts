import {
  isServiceBusError,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import type { Settings } from '../config/settings.ts';
import { appCredential } from '../directory/app-credential.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import { sleep } from '../identity/clock.ts';
import { QUEUE_NAME } from '../messaging/change-queue.ts';

export type ServiceBusSettings = Pick<Settings, 'serviceBus' | 'config'>;

type SequenceNumber = NonNullable<ServiceBusReceivedMessage['sequenceNumber']>;

/** Messages of one peek or receive. The service may give fewer, which is no end. */
const PAGE = 250;
/** The client library keeps at most 2,048 unsettled messages in one session, which is what a receiver has. */
const HELD_PER_RECEIVER = 1_000;
/** Messages in hand at a time: each takes some four round trips. */
const AT_ONCE = 4;
/** How long a receive waits for a first message, in milliseconds. */
const PATIENCE_MS = 1_000;
/** Rounds in which nothing came although something should: somebody else holds it, and may give it back. */
const EMPTY_ROUNDS = 8;

/** Runs `work` on a connection of its own: within one, the client library goes on where the last peek ended. */
export async function withServiceBus<T>(
  { serviceBus, config }: ServiceBusSettings,
  work: (client: ServiceBusClient) => Promise<T>,
): Promise<T> {
  const options = { retryOptions: { maxRetries: 3, retryDelayInMs: 250, timeoutInMs: 10_000 } };
  const client =
    'connectionString' in serviceBus
      ? new ServiceBusClient(serviceBus.connectionString, options)
      : new ServiceBusClient(serviceBus.namespace, appCredential(config.source.cloud), options);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** All messages of the dead-letter queue, in the order of their numbers. Nothing is taken out of it, or locked. */
export async function peekAll(
  client: ServiceBusClient,
  from?: SequenceNumber,
): Promise<ServiceBusReceivedMessage[]> {
  const receiver = openReceiver(client);
  const found: ServiceBusReceivedMessage[] = [];
  let next = from;
  for (;;) {
    const page = await receiver.peekMessages(PAGE, next === undefined ? {} : { fromSequenceNumber: next });
    const last = page.at(-1)?.sequenceNumber;
    if (last === undefined) break;
    found.push(...page);
    next = last.add(1);
  }
  await receiver.close();
  return found;
}

/** What became of the messages that were to be taken. */
export interface Taken {
  readonly done: number;
  /** Somebody else has them in hand, or was faster. */
  readonly missed: readonly string[];
}

/**
 * Locks each of the peeked messages, hands it to `work`, and completes it afterwards. When `work` fails, the message
 * stays and the failure is thrown.
 *
 * The service hands out messages from the head of the queue only; by its number it gives nothing but a deferred one. So
 * those that are wanted are deferred first, in one quick run through the queue, in which the others are stepped over by
 * holding their locks until its end; abandoning one earlier would bring it back at once. Then each is received by its
 * number when its turn comes, and no lock is held while the next one waits for its time. Deferred messages stay in the
 * dead-letter queue, are peeked like the others, and are found by the next run if this one dies. A dead-letter queue has
 * no delivery limit, so that abandoning does no harm there.
 *
 * @param turn waited for before each message is locked
 */
export async function takeEach(
  client: ServiceBusClient,
  wanted: readonly ServiceBusReceivedMessage[],
  { turn, work }: { turn: () => Promise<void>; work: (message: ServiceBusReceivedMessage) => Promise<void> },
): Promise<Taken> {
  await setAside(client, wanted);
  const receiver = openReceiver(client);
  const missed: string[] = [];
  let done = 0;
  await forEachAtOnce(numbersOf(wanted), AT_ONCE, async number => {
    await turn();
    const message = await receiveByNumber(receiver, number);
    if (message === undefined) {
      missed.push(number.toString());
      return;
    }
    try {
      await work(message);
    } catch (error) {
      await unlessLost(receiver.abandonMessage(message));
      throw error;
    }
    // With its lock lost it stays, and may be done again: whatever that is has to be harmless.
    if (await unlessLost(receiver.completeMessage(message))) done += 1;
    else missed.push(number.toString());
  });
  await receiver.close();
  return { done, missed };
}

async function setAside(
  client: ServiceBusClient,
  wanted: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  const missing = new Map(
    numbersOf(wanted.filter(({ state }) => state !== 'deferred')).map(number => [number.toString(), number]),
  );
  const first = [...missing.values()][0];
  const held: { receiver: ServiceBusReceiver; message: ServiceBusReceivedMessage }[] = [];
  const seen = new Set<string>();
  let receiver = openReceiver(client);
  let heldHere = 0;
  try {
    for (let empty = 0; missing.size > 0 && empty < EMPTY_ROUNDS; ) {
      if (heldHere >= HELD_PER_RECEIVER) {
        receiver = openReceiver(client);
        heldHere = 0;
      }
      const page = await receiver.receiveMessages(PAGE, { maxWaitTimeInMs: PATIENCE_MS });
      if (page.length === 0) {
        await forgetGone(client, first, missing);
        empty += 1;
        continue;
      }
      const numberOf = (message: ServiceBusReceivedMessage) => String(message.sequenceNumber);
      const others = page.filter(message => !missing.has(numberOf(message)));
      held.push(...others.map(message => ({ receiver, message })));
      heldHere += others.length;
      await Promise.all(
        page
          .filter(message => missing.has(numberOf(message)))
          .map(async message => {
            if (await unlessLost(receiver.deferMessage(message))) missing.delete(numberOf(message));
          }),
      );
      // Its lock has run out: what lies further back than that many cannot be reached past it.
      if (others.some(message => seen.has(numberOf(message)))) break;
      for (const message of others) seen.add(numberOf(message));
    }
  } finally {
    for (let start = 0; start < held.length; start += PAGE) {
      const page = held.slice(start, start + PAGE);
      await Promise.all(page.map(each => unlessLost(each.receiver.abandonMessage(each.message))));
    }
  }
}

/** Those that somebody else has completed, or set aside for himself, will not come. */
async function forgetGone(
  client: ServiceBusClient,
  first: SequenceNumber | undefined,
  missing: Map<string, unknown>,
): Promise<void> {
  const there = new Map(
    (await peekAll(client, first)).map(({ sequenceNumber, state }) => [String(sequenceNumber), state]),
  );
  for (const number of [...missing.keys()]) if (there.get(number) !== 'active') missing.delete(number);
  if (missing.size > 0) await sleep(PATIENCE_MS / 2);
}

async function receiveByNumber(
  receiver: ServiceBusReceiver,
  sequenceNumber: SequenceNumber,
): Promise<ServiceBusReceivedMessage | undefined> {
  try {
    const [message] = await receiver.receiveDeferredMessages(sequenceNumber);
    return message;
  } catch (error) {
    // Also while somebody else has it locked (azure-service-bus issue 256).
    if (isServiceBusError(error) && error.code === 'MessageNotFound') return undefined;
    throw error;
  }
}

/** False when the lock was lost meanwhile. */
async function unlessLost(settling: Promise<void>): Promise<boolean> {
  try {
    await settling;
    return true;
  } catch (error) {
    if (isServiceBusError(error) && (error.code === 'MessageLockLost' || error.code === 'MessageNotFound'))
      return false;
    throw error;
  }
}

function numbersOf(messages: readonly ServiceBusReceivedMessage[]): SequenceNumber[] {
  return messages.flatMap(({ sequenceNumber }) => sequenceNumber ?? []);
}

function openReceiver(client: ServiceBusClient): ServiceBusReceiver {
  return client.createReceiver(QUEUE_NAME, {
    subQueueType: 'deadLetter',
    // What is stepped over is held for a moment; thousands of renewals would take longer than the run itself.
    maxAutoLockRenewalDurationInMs: 0,
  });
}
