import rhea, { type EventContext, type Receiver } from 'rhea';
import { asBrokerError, notAllowed, tooLarge } from './broker-error.ts';
import {
  type AmqpContent,
  checkLimits,
  decodeContent,
  encodedSize,
  MAX_MESSAGE_BYTES,
} from './brokered-message.ts';
import type { Entity } from './entity.ts';
import type { Gate } from './gate.ts';
import { echoAttach, settle } from './rhea-link.ts';

/** Message format of a batch: a message whose data sections are messages. */
const BATCH_FORMAT = 0x80013700;

type Transfer = EventContext & { format?: number };

/** Serves a sender link that a client has just attached. @throws BrokerError when the entity takes no messages. */
export function attachProducer(link: Receiver, entity: Entity, gate: Gate): void {
  if (!entity.queue.settings.deadLetterQueue)
    throw notAllowed('Messages cannot be sent to a dead-letter queue.');
  echoAttach(link);
  link.on('message', (transfer: Transfer) => void receive(transfer, entity, gate));
}

async function receive(transfer: Transfer, entity: Entity, gate: Gate): Promise<void> {
  const { delivery } = transfer;
  if (!delivery) return;
  try {
    await acceptMessages(messagesOf(transfer), entity, gate);
    settle(delivery);
  } catch (error) {
    // Guess: a message that is too large is refused and the link stays; the service may also close the link.
    settle(delivery, asBrokerError(error));
  }
}

/** Stores messages, all or none. Its rejection is whatever the gate throws. */
export async function acceptMessages(contents: AmqpContent[], entity: Entity, gate: Gate): Promise<number[]> {
  for (const content of contents) {
    const messageId = String(content.message_id ?? '');
    const held = gate({ kind: 'send', queue: entity.path, messageId });
    if (held) await held;
  }
  return entity.queue.send(contents);
}

function messagesOf({ format, message }: Transfer): AmqpContent[] {
  if (format === undefined) {
    const content: AmqpContent = { ...message };
    checkLimits(content, encodedSize(content));
    return [content];
  }
  if (format !== BATCH_FORMAT) throw new Error(`Message format ${format} is not supported.`);
  const bytes = message as unknown as Buffer;
  if (bytes.length > MAX_MESSAGE_BYTES) throw tooLarge(bytes.length, MAX_MESSAGE_BYTES);
  const body: { content: Buffer | Buffer[] } | undefined = rhea.message.decode(bytes).body;
  if (!body) return [];
  const parts = Array.isArray(body.content) ? body.content : [body.content];
  return parts.map(part => {
    const content = decodeContent(part);
    checkLimits(content, part.length);
    return content;
  });
}
