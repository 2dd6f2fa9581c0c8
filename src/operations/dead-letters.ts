import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { principalKey } from '../identity/principal.ts';
import { messageBody } from '../messaging/message.ts';
import { peekAll, type ServiceBusSettings, withServiceBus } from './dead-letters-queue.ts';

/** A message that could not be applied, as a person reads it. */
export interface DeadLetter {
  /** Names it in the dead-letter queue, for as long as it lies there. */
  readonly sequenceNumber: string;
  /** When it became due on the queue that it comes from (ms since the epoch). */
  readonly enqueuedAt: number;
  /** A stable code, or what the service itself calls it. docs/operations.md says what each means. */
  readonly reason: string;
  /** Ids, request and status; never a name, an address or a secret. */
  readonly description: string;
  /** Undefined, like all that follows, where the message is not understood. */
  readonly target: string | undefined;
  /** `user:…`; undefined also for a message that is about a target as a whole. */
  readonly principal: string | undefined;
  readonly correlationId: string | undefined;
  /** The message that this one is the successor of, or its own id. */
  readonly chain: string | undefined;
  /** Tries before it ended here, as its own properties say. */
  readonly retries: number;
  /** Taken up by a replay or discard that has not got to it yet, or that died. */
  readonly isSetAside: boolean;
}

/** All that is given has to hold. Without anything, every dead letter is meant. */
export interface DeadLetterFilter {
  readonly sequenceNumbers?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly target?: string | undefined;
  /** `user:<object id>`, or the object id alone. */
  readonly principal?: string | undefined;
  /** Milliseconds since the epoch, exclusive: by {@link DeadLetter.enqueuedAt}. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

/** Messages that could not be applied, for one reason. */
export interface DeadLetterGroup {
  readonly reason: string;
  /** Of the newest of them: ids and statuses only. */
  readonly description: string;
  readonly count: number;
}

/** The dead letters that the filter lets through, the oldest first. Nothing is taken out of the queue. */
export async function listDeadLetters(
  settings: ServiceBusSettings,
  filter: DeadLetterFilter = {},
): Promise<DeadLetter[]> {
  const messages = await withServiceBus(settings, client => peekAll(client));
  return messages.map(toDeadLetter).filter(letter => isMeant(letter, filter));
}

/** All dead letters, by reason, the most frequent first. Nothing is taken out of the queue. */
export async function peekDeadLetters(settings: ServiceBusSettings): Promise<DeadLetterGroup[]> {
  return groupByReason(await listDeadLetters(settings));
}

/** By reason, the most frequent first. */
export function groupByReason(letters: readonly DeadLetter[]): DeadLetterGroup[] {
  const groups = new Map<string, DeadLetterGroup>();
  for (const { reason, description } of letters)
    groups.set(reason, { reason, description, count: (groups.get(reason)?.count ?? 0) + 1 });
  return [...groups.values()].toSorted((a, b) => b.count - a.count);
}

export function toDeadLetter(message: ServiceBusReceivedMessage): DeadLetter {
  const obligation = messageBody.safeParse(message.body).data?.obligation;
  const { chain, attempt } = message.applicationProperties ?? {};
  const look = obligation?.type === 'look' ? obligation : undefined;
  return {
    sequenceNumber: String(message.sequenceNumber),
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? 0,
    reason: message.deadLetterReason ?? 'unknown',
    description: message.deadLetterErrorDescription ?? '',
    target: obligation?.target,
    principal: look && principalKey(look.principal),
    correlationId: look?.correlationId,
    chain: typeof chain === 'string' ? chain : undefined,
    retries: typeof attempt === 'number' ? attempt : 0,
    isSetAside: message.state === 'deferred',
  };
}

export function isMeant(letter: DeadLetter, filter: DeadLetterFilter): boolean {
  const { sequenceNumbers, reason, target, principal, before, after } = filter;
  return (
    (sequenceNumbers === undefined || sequenceNumbers.includes(letter.sequenceNumber)) &&
    (reason === undefined || letter.reason === reason) &&
    (target === undefined || letter.target === target) &&
    (principal === undefined || isAbout(letter, principal)) &&
    (before === undefined || letter.enqueuedAt < before) &&
    (after === undefined || letter.enqueuedAt > after)
  );
}

function isAbout({ principal }: DeadLetter, wanted: string): boolean {
  return principal === wanted || principal?.slice(principal.indexOf(':') + 1) === wanted;
}
