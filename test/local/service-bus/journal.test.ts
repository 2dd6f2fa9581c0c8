import { expect, it } from 'vitest';
import { openNamespace, QUEUE, takeOne } from './namespace.ts';

it('tells what happens to which message of a queue, duplicates included', async () => {
  await using bus = await openNamespace();
  const told: string[] = [];
  bus.broker.journal = (event, queue, { message_id }) => told.push(`${queue} ${message_id} ${event}`);
  await bus.sender.sendMessages({ body: 'x', messageId: 'one' });
  await bus.sender.sendMessages({ body: 'x', messageId: 'one' });
  await bus.receiver.completeMessage(await takeOne(bus.receiver));
  await bus.sender.sendMessages({ body: 'x', messageId: 'two' });
  await bus.receiver.deadLetterMessage(await takeOne(bus.receiver));
  expect(told).toEqual([
    `${QUEUE} one accepted`,
    `${QUEUE} one dropped`,
    `${QUEUE} one delivered`,
    `${QUEUE} one completed`,
    `${QUEUE} two accepted`,
    `${QUEUE} two delivered`,
    `${QUEUE} two dead-lettered`,
  ]);
});
