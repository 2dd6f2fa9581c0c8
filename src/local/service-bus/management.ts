import rhea from 'rhea';
import { BrokerError, badArgument } from './broker-error.ts';
import {
  type BrokeredMessage,
  checkLimits,
  decodeContent,
  encodeForReceiver,
  MAX_MESSAGE_BYTES,
} from './brokered-message.ts';
import type { Entity } from './entity.ts';
import type { Gate } from './gate.ts';
import { fromUuid, toUuid } from './lock-token.ts';
import { outcomeOfStatus } from './outcome.ts';
import { acceptMessages } from './producer.ts';

/** Most messages in one answer to a peek. Guess: the service promises no number; here it often gives fewer than asked for. */
const MAX_PEEKED = 250;

const AMQP_LONG = 0x81;
const AMQP_TIMESTAMP = 0x83;

export interface ManagementReply {
  statusCode: number;
  body?: Record<string, unknown>;
}

type Body = Record<string, unknown>;
type Operation = (entity: Entity, body: Body, gate: Gate) => ManagementReply | Promise<ManagementReply>;

const operations: Record<string, Operation> = {
  'com.microsoft:renew-lock': renewLocks,
  'com.microsoft:peek-message': peek,
  'com.microsoft:schedule-message': schedule,
  'com.microsoft:cancel-scheduled-message': cancelScheduled,
  'com.microsoft:receive-by-sequence-number': receiveDeferred,
  'com.microsoft:update-disposition': updateDisposition,
};

/**
 * Does what was asked of the `$management` node of an entity.
 *
 * Source: "AMQP 1.0 in Azure Service Bus: request-response-based operations", and `managementClient` of
 * `@azure/service-bus`.
 *
 * @throws BrokerError
 */
export async function manage(
  entity: Entity,
  operation: string,
  body: Body,
  gate: Gate,
): Promise<ManagementReply> {
  const operate = operations[operation];
  if (!operate) throw new BrokerError('amqp:not-implemented', 501, `There is no operation '${operation}'.`);
  return operate(entity, body, gate);
}

function renewLocks({ queue }: Entity, body: Body): ManagementReply {
  const expirations = lockTokens(body).map(token => queue.renewLock(token));
  return {
    statusCode: 200,
    body: { expirations: rhea.types.wrap_array(expirations, AMQP_TIMESTAMP, undefined) },
  };
}

function peek({ queue }: Entity, body: Body): ManagementReply {
  const limit = Math.min(integer(body['message-count']), MAX_PEEKED);
  const messages: { message: Buffer }[] = [];
  let bytes = 0;
  for (const found of queue.peek(integer(body['from-sequence-number']))) {
    const message = encodeForReceiver(found);
    bytes += message.length;
    if (messages.length >= limit || (messages.length > 0 && bytes > MAX_MESSAGE_BYTES)) break;
    messages.push({ message });
  }
  return messages.length > 0 ? { statusCode: 200, body: { messages } } : { statusCode: 204 };
}

async function schedule(entity: Entity, body: Body, gate: Gate): Promise<ManagementReply> {
  const contents = list(body.messages).map(entry => {
    const { message } = entry as { message: Buffer };
    const content = decodeContent(message);
    checkLimits(content, message.length);
    return content;
  });
  const sequenceNumbers = await acceptMessages(contents, entity, gate);
  return {
    statusCode: 200,
    body: { 'sequence-numbers': rhea.types.wrap_array(sequenceNumbers, AMQP_LONG, undefined) },
  };
}

function cancelScheduled({ queue }: Entity, body: Body): ManagementReply {
  queue.cancelScheduled(list(body['sequence-numbers']).map(integer));
  return { statusCode: 200 };
}

async function receiveDeferred(entity: Entity, body: Body, gate: Gate): Promise<ManagementReply> {
  const mode = integer(body['receiver-settle-mode']) === 0 ? 'receiveAndDelete' : 'peekLock';
  const received = entity.queue.receiveDeferred(list(body['sequence-numbers']).map(integer), mode);
  for (const { messageId } of received) {
    const held = gate({ kind: 'deliver', queue: entity.path, messageId });
    if (held) await held;
  }
  return { statusCode: 200, body: { messages: received.map(deferredEntry) } };
}

async function updateDisposition(entity: Entity, body: Body, gate: Gate): Promise<ManagementReply> {
  const outcome = outcomeOfStatus(body['disposition-status'], body);
  if (!outcome) throw badArgument(`There is no disposition status '${body['disposition-status']}'.`);
  for (const token of lockTokens(body)) {
    const { messageId } = entity.queue.locked(token);
    const held = gate({ kind: 'settle', queue: entity.path, messageId, outcome: outcome.kind });
    if (held) await held;
    entity.queue.settle(token, outcome);
  }
  return { statusCode: 200 };
}

function deferredEntry(message: BrokeredMessage): Record<string, unknown> {
  return {
    message: encodeForReceiver(message),
    ...(message.lock && { 'lock-token': rhea.types.wrap_uuid(toUuid(message.lock.token)) }),
  };
}

function lockTokens(body: Body): string[] {
  return list(body['lock-tokens']).map(token => fromUuid(token as Buffer));
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw badArgument('The request lacks a list.');
  return value;
}

/** rhea gives an integer that does not fit into a number as its bytes. */
function integer(value: unknown): number {
  if (Buffer.isBuffer(value)) return Number(value.readBigInt64BE());
  if (typeof value !== 'number') throw badArgument('The request lacks a number.');
  return value;
}
