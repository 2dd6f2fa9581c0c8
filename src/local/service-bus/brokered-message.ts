import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import { badArgument, tooLarge } from './broker-error.ts';
import type { LockToken } from './lock-token.ts';
import type { PropertiesToModify } from './outcome.ts';

/** Largest message of the Standard tier, in bytes (Service Bus quotas). A batch counts as one message. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Largest message id, in characters (Service Bus quotas). */
const MAX_MESSAGE_ID_LENGTH = 128;

const MAX_UINT32 = 0xffff_ffff;
/** The last instant that the client library accepts as an expiry. */
const END_OF_TIME = Date.parse('9999-12-31T07:59:59.000Z');

/** An AMQP message as rhea decodes it: header, properties, annotations and body side by side. */
export interface AmqpContent {
  message_id?: string | number | Buffer;
  ttl?: number;
  creation_time?: Date;
  absolute_expiry_time?: Date;
  message_annotations?: Record<string, unknown>;
  application_properties?: Record<string, unknown>;
  [field: string]: unknown;
}

export type MessageState = 'active' | 'scheduled' | 'locked' | 'deferred';

/** A message in an entity. All instants and durations are in milliseconds. */
export interface BrokeredMessage {
  content: AmqpContent;
  readonly messageId: string;
  sequenceNumber: number;
  state: MessageState;
  /** A deferred message goes back to being deferred when its lock ends. */
  deferred: boolean;
  /** When it became active; while it is scheduled, when it was sent. */
  enqueuedAt: number;
  /** Counted from the activation; infinite in a dead-letter queue. */
  readonly timeToLiveMs: number;
  /** Ended deliveries: 0 on the first delivery. */
  deliveryCount: number;
  lock?: { token: LockToken; until: number };
}

/** What the sender decides about a message. A message without an id gets one, since clients rely on it. */
export function readContent(content: AmqpContent, defaultTimeToLiveMs: number) {
  const messageId = content.message_id ?? randomUUID().replaceAll('-', '');
  return {
    content: { ...content, message_id: messageId },
    messageId: Buffer.isBuffer(messageId) ? messageId.toString('hex') : String(messageId),
    scheduledFor: instantOf(content.message_annotations?.['x-opt-scheduled-enqueue-time']),
    timeToLiveMs: Math.min(ownTimeToLive(content), defaultTimeToLiveMs),
  };
}

/** @throws BrokerError when the service would not take the message. */
export function checkLimits(content: AmqpContent, bytes: number): void {
  if (bytes > MAX_MESSAGE_BYTES) throw tooLarge(bytes, MAX_MESSAGE_BYTES);
  if (typeof content.message_id === 'string' && content.message_id.length > MAX_MESSAGE_ID_LENGTH)
    throw badArgument(`The message id is longer than ${MAX_MESSAGE_ID_LENGTH} characters.`);
}

export function decodeContent(bytes: Buffer): AmqpContent {
  return { ...rhea.message.decode(bytes) };
}

export function encodedSize(content: AmqpContent): number {
  return rhea.message.encode(content).length;
}

/** The message as it goes to a receiver, with what the broker knows about it as annotations. */
export function encodeForReceiver(message: BrokeredMessage): Buffer {
  const { types } = rhea;
  const annotations: Record<string, unknown> = {
    ...message.content.message_annotations,
    'x-opt-sequence-number': types.wrap_long(message.sequenceNumber),
    'x-opt-enqueued-time': types.wrap_timestamp(message.enqueuedAt),
    'x-opt-message-state': types.wrap_int(stateCode(message)),
  };
  if (message.lock) annotations['x-opt-locked-until'] = types.wrap_timestamp(message.lock.until);
  return rhea.message.encode({
    ...message.content,
    ...expiryFields(message),
    delivery_count: message.deliveryCount,
    message_annotations: annotations,
  });
}

/** When its time to live ends (milliseconds since the epoch). */
export function expiresAt(message: BrokeredMessage): number {
  return message.enqueuedAt + message.timeToLiveMs;
}

/** Adds application properties to a message, or replaces them. */
export function modifyProperties(message: BrokeredMessage, properties: PropertiesToModify): void {
  if (Object.keys(properties).length === 0) return;
  message.content = {
    ...message.content,
    application_properties: { ...message.content.application_properties, ...properties },
  };
}

function stateCode(message: BrokeredMessage): number {
  if (message.state === 'scheduled') return 2;
  return message.deferred ? 1 : 0;
}

/** The header holds at most 49 days, so the client library takes a longer life from the two instants. */
function expiryFields(message: BrokeredMessage): Partial<AmqpContent> {
  if (!Number.isFinite(message.timeToLiveMs)) return {};
  return {
    ttl: Math.min(message.timeToLiveMs, MAX_UINT32),
    creation_time: new Date(message.enqueuedAt),
    absolute_expiry_time: new Date(Math.min(expiresAt(message), END_OF_TIME)),
  };
}

function ownTimeToLive(content: AmqpContent): number {
  const { absolute_expiry_time: expiry, creation_time: creation } = content;
  if (expiry && creation) return expiry.getTime() - creation.getTime();
  return content.ttl ?? Number.POSITIVE_INFINITY;
}

function instantOf(annotation: unknown): number | undefined {
  if (annotation instanceof Date) return annotation.getTime();
  return typeof annotation === 'number' ? annotation : undefined;
}
