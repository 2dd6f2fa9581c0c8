import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Settings } from '../config/settings.ts';
import { QUEUE_NAME } from '../messaging/change-queue.ts';

/** Messages that could not be applied, for one reason. */
export interface DeadLetterGroup {
  readonly reason: string;
  /** Of the newest of them: ids and statuses only. */
  readonly description: string;
  readonly count: number;
}

/** Messages of one peek. The service may give fewer, which is no end. */
const PEEK = 250;

/**
 * All dead letters, by reason, the most frequent first. Nothing is taken out of the queue.
 *
 * Each look has a connection of its own: the functions never read this queue, and within one connection the SDK goes
 * on where the last peek ended.
 */
export async function peekDeadLetters({
  serviceBus,
}: Pick<Settings, 'serviceBus'>): Promise<DeadLetterGroup[]> {
  const client = connect(serviceBus);
  const groups = new Map<string, DeadLetterGroup>();
  try {
    const receiver = client.createReceiver(QUEUE_NAME, { subQueueType: 'deadLetter' });
    let page: ServiceBusReceivedMessage[];
    do {
      page = await receiver.peekMessages(PEEK);
      for (const {
        deadLetterReason: reason = 'unknown',
        deadLetterErrorDescription: description = '',
      } of page) {
        groups.set(reason, { reason, description, count: (groups.get(reason)?.count ?? 0) + 1 });
      }
    } while (page.length > 0);
  } finally {
    await client.close();
  }
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

function connect(serviceBus: Settings['serviceBus']): ServiceBusClient {
  const options = { retryOptions: { maxRetries: 3, retryDelayInMs: 250, timeoutInMs: 10_000 } };
  return 'connectionString' in serviceBus
    ? new ServiceBusClient(serviceBus.connectionString, options)
    : new ServiceBusClient(serviceBus.namespace, new DefaultAzureCredential(), options);
}
