import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ids,
  inFuture,
  openNamespace,
  passTime,
  QUEUE,
  type SequenceNumber,
  stopClock,
  take,
  takeNone,
  takeOne,
} from './namespace.ts';

const MINUTE = 60_000;

beforeEach(stopClock);
afterEach(() => {
  vi.useRealTimers();
});

describe('deferring', () => {
  it('keeps a deferred message for whoever knows its number', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, messageId: 'a' });
    const message = await takeOne(bus.receiver);
    const number = message.sequenceNumber as SequenceNumber;
    await bus.receiver.deferMessage(message, { note: 'later' });
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, deferred: 1, locked: 0 });
    expect(await takeNone(bus.receiver)).toEqual([]);

    const [again] = await bus.receiver.receiveDeferredMessages(number);
    expect(again).toMatchObject({
      messageId: 'a',
      deliveryCount: 1,
      state: 'deferred',
      applicationProperties: { note: 'later' },
    });
    await expect(bus.receiver.receiveDeferredMessages(number)).rejects.toMatchObject({
      code: 'MessageNotFound',
    });
    await bus.receiver.abandonMessage(again as ServiceBusReceivedMessage);
    const [third] = await bus.receiver.receiveDeferredMessages(number);
    expect(third?.deliveryCount).toBe(2);
    passTime(MINUTE);
    const [fourth] = await bus.receiver.receiveDeferredMessages(number);
    expect(fourth?.deliveryCount).toBe(3);
    await bus.receiver.completeMessage(fourth as ServiceBusReceivedMessage);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, deferred: 0, locked: 0 });
  });
});

describe('dead-lettering', () => {
  it('keeps the message with reason, description and properties', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({
      body: { id: 1 },
      messageId: 'bad',
      applicationProperties: { keep: 'me' },
    });
    const message = await takeOne(bus.receiver);
    await bus.receiver.deadLetterMessage(message, {
      deadLetterReason: 'InvalidMessage',
      deadLetterErrorDescription: 'kind is missing',
      target: 'account',
    });
    const [peeked] = await bus.deadLetters.peekMessages(10);
    expect(peeked).toMatchObject({ messageId: 'bad', deadLetterReason: 'InvalidMessage' });
    const dead = await takeOne(bus.deadLetters);
    expect(dead).toMatchObject({
      body: { id: 1 },
      deadLetterReason: 'InvalidMessage',
      deadLetterErrorDescription: 'kind is missing',
      deliveryCount: 0,
      applicationProperties: {
        keep: 'me',
        target: 'account',
        DeadLetterReason: 'InvalidMessage',
        DeadLetterErrorDescription: 'kind is missing',
      },
    });
    await expect(bus.deadLetters.deadLetterMessage(dead)).rejects.toThrow('InvalidOperation');
    passTime(MINUTE);
    const again = await takeOne(bus.deadLetters);
    await bus.deadLetters.completeMessage(again);
    expect(bus.broker.counts(QUEUE).deadLettered).toBe(0);
  });

  it('moves expired messages there, counting from their activation', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([
      { body: 1, messageId: 'now', timeToLive: 5000 },
      { body: 2, messageId: 'later', timeToLive: 5000, scheduledEnqueueTimeUtc: inFuture(5000) },
    ]);
    passTime(5000);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, scheduled: 0, deadLettered: 1 });
    passTime(5000);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, deadLettered: 2 });
    const dead = await take(bus.deadLetters, 2);
    expect(ids(dead)).toEqual(['now', 'later']);
    expect(dead[0]).toMatchObject({ deadLetterReason: 'TTLExpiredException', deliveryCount: 0 });
  });

  it('lets a locked message outlive its time until the lock ends', async () => {
    await using bus = await openNamespace({ defaultTimeToLiveMs: 5000 });
    await bus.sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const [first, second] = await take(bus.receiver, 2);
    expect(first?.timeToLive).toBe(5000);
    passTime(6000);
    await bus.receiver.completeMessage(first as ServiceBusReceivedMessage);
    await bus.receiver.abandonMessage(second as ServiceBusReceivedMessage);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0, deadLettered: 1 });
  });

  it('drops expired messages where the queue says so', async () => {
    await using bus = await openNamespace({ defaultTimeToLiveMs: 5000, deadLetterOnExpiry: false });
    await bus.sender.sendMessages({ body: 1 });
    passTime(5000);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, deadLettered: 0 });
  });
});

describe('peeking', () => {
  it('shows messages in every state, changes nothing, and goes on from a number', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages(
      ['locked', 'deferred', 'active'].map(messageId => ({ body: 1, messageId })),
    );
    await bus.sender.sendMessages({ body: 1, messageId: 'late', scheduledEnqueueTimeUtc: inFuture(MINUTE) });
    const [, toDefer] = await take(bus.receiver, 2);
    await bus.receiver.deferMessage(toDefer as ServiceBusReceivedMessage);
    const before = bus.broker.counts(QUEUE);

    const peeked = await bus.receiver.peekMessages(10);
    expect(peeked.map(({ messageId, state }) => [messageId, state])).toEqual([
      ['locked', 'active'],
      ['deferred', 'deferred'],
      ['active', 'active'],
      ['late', 'scheduled'],
    ]);
    expect(peeked[0]?.lockToken).toBeUndefined();
    const fromSequenceNumber = peeked[2]?.sequenceNumber as SequenceNumber;
    expect(ids(await bus.receiver.peekMessages(10, { fromSequenceNumber }))).toEqual(['active', 'late']);
    expect(await bus.receiver.peekMessages(10)).toEqual([]);
    expect(bus.broker.counts(QUEUE)).toEqual(before);
  });
});
