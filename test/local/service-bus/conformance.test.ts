import { setTimeout } from 'node:timers/promises';
import type { ProcessErrorArgs, ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ids,
  inFuture,
  newClient,
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

describe('sending', () => {
  it('keeps what the sender wrote, whatever the type of the body', async () => {
    await using bus = await openNamespace();
    const applicationProperties = { attempt: 3, ratio: 0.5, below: -7, target: 'account', final: false };
    await bus.sender.sendMessages({
      body: { kind: 'user', names: ['Zoë', 'O’Neill 🙂'] },
      messageId: 'h|c|1',
      correlationId: 'cause',
      subject: 'change',
      contentType: 'application/json',
      applicationProperties,
    });
    await bus.sender.sendMessages([
      { body: 'text', messageId: 'text' },
      { body: Buffer.from([0, 1, 255]), messageId: 'bytes' },
    ]);
    await bus.sender.sendMessages({ body: [1, 'two'], bodyType: 'sequence', messageAnnotations: {} });
    await bus.sender.sendMessages({ body: { half: 0.5 }, bodyType: 'value', messageAnnotations: {} });

    const [object, text, bytes, sequence, value] = await take(bus.receiver, 5);
    expect(object).toMatchObject({
      body: { kind: 'user', names: ['Zoë', 'O’Neill 🙂'] },
      messageId: 'h|c|1',
      correlationId: 'cause',
      subject: 'change',
      contentType: 'application/json',
      applicationProperties,
      deliveryCount: 0,
      state: 'active',
      enqueuedTimeUtc: new Date(),
      lockedUntilUtc: inFuture(MINUTE),
    });
    expect(text?.body).toBe('text');
    expect(Buffer.from(bytes?.body)).toEqual(Buffer.from([0, 1, 255]));
    expect(sequence?.body).toEqual([1, 'two']);
    expect(value?.body).toEqual({ half: 0.5 });
  });

  it('numbers messages in order and delivers them in that order', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages(['a', 'b', 'c'].map(messageId => ({ body: 1, messageId })));
    await bus.sender.sendMessages({ body: 1, messageId: 'd' });
    const messages = await take(bus.receiver, 4);
    expect(ids(messages)).toEqual(['a', 'b', 'c', 'd']);
    const numbers = messages.map(({ sequenceNumber }) => Number(sequenceNumber));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(4);
  });

  it('gives an id to a message that has none', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const [first, second] = await take(bus.receiver, 2);
    expect(first?.messageId).toBeTruthy();
    expect(first?.messageId).not.toBe(second?.messageId);
  });

  it('refuses a message above 256 KB and goes on', async () => {
    await using bus = await openNamespace();
    const body = Buffer.alloc(257 * 1024);
    await expect(bus.sender.sendMessages({ body })).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
    await expect(bus.sender.sendMessages([{ body }])).rejects.toMatchObject({ code: 'MessageSizeExceeded' });
    await bus.sender.sendMessages({ body: Buffer.alloc(255 * 1024) });
    expect(bus.broker.counts(QUEUE).active).toBe(1);
  });

  it('refuses a queue that does not exist', async () => {
    await using bus = await openNamespace();
    const refused = { name: 'ServiceBusError', code: 'MessagingEntityNotFound', retryable: false };
    await expect(bus.client.createSender('nowhere').sendMessages({ body: 1 })).rejects.toMatchObject(refused);
    await expect(bus.client.createReceiver('nowhere').receiveMessages(1)).rejects.toMatchObject(refused);
    await expect(bus.client.createReceiver('nowhere').peekMessages(1)).rejects.toMatchObject(refused);
  });

  it('refuses a wrong key', async () => {
    await using bus = await openNamespace();
    const connectionString = bus.broker.connectionString.replace(
      /SharedAccessKey=[^;]+/,
      'SharedAccessKey=no',
    );
    await using stranger = newClient({ connectionString });
    await expect(stranger.createSender(QUEUE).sendMessages({ body: 1 })).rejects.toMatchObject({
      code: 'UnauthorizedAccess',
    });
  });

  it('refuses to send to a dead-letter queue', async () => {
    await using bus = await openNamespace();
    const sender = bus.client.createSender(`${QUEUE}/$DeadLetterQueue`);
    await expect(sender.sendMessages({ body: 1 })).rejects.toThrow('InvalidOperation');
  });
});

describe('scheduling', () => {
  it('holds a message sent with a time back until then', async () => {
    await using bus = await openNamespace();
    const scheduledEnqueueTimeUtc = inFuture(5000);
    await bus.sender.sendMessages({ body: 1, messageId: 'later', scheduledEnqueueTimeUtc });
    await bus.sender.sendMessages({ body: 1, messageId: 'now' });
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, scheduled: 1 });
    const now = await takeOne(bus.receiver);
    passTime(4999);
    expect(await takeNone(bus.receiver)).toEqual([]);
    passTime(1);
    const later = await takeOne(bus.receiver);
    expect(later).toMatchObject({ messageId: 'later', scheduledEnqueueTimeUtc, enqueuedTimeUtc: new Date() });
    expect(Number(later.sequenceNumber)).toBeGreaterThan(Number(now.sequenceNumber));
  });

  it('delivers a message at once whose time has passed', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, scheduledEnqueueTimeUtc: inFuture(-1) });
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, scheduled: 0 });
  });

  it('wakes a receiver that waits', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, messageId: 'later', scheduledEnqueueTimeUtc: inFuture(MINUTE) });
    const waiting = takeOne(bus.receiver);
    passTime(MINUTE);
    expect(await waiting).toMatchObject({ messageId: 'later' });
  });

  it('schedules and cancels by number, through the management node', async () => {
    await using bus = await openNamespace();
    const at = inFuture(MINUTE);
    const numbers = await bus.sender.scheduleMessages(
      ['a', 'b', 'c'].map(messageId => ({ body: 1, messageId })),
      at,
    );
    expect(numbers).toHaveLength(3);
    await bus.sender.cancelScheduledMessages(numbers.slice(0, 2));
    await expect(bus.sender.cancelScheduledMessages(numbers[0] as SequenceNumber)).rejects.toMatchObject({
      code: 'MessageNotFound',
    });
    passTime(MINUTE);
    expect(ids(await take(bus.receiver, 1))).toEqual(['c']);
    await expect(bus.sender.cancelScheduledMessages(numbers[2] as SequenceNumber)).rejects.toMatchObject({
      code: 'MessageNotFound',
    });
  });

  it.each([
    { skew: 3000, activatesAfter: 2000 },
    { skew: -3000, activatesAfter: 8000 },
  ])('activates by a clock that is $skew ms off', async ({ skew, activatesAfter }) => {
    await using bus = await openNamespace();
    bus.broker.activationSkewMs = skew;
    const due = Date.now() + activatesAfter;
    await bus.sender.sendMessages({ body: 1, scheduledEnqueueTimeUtc: inFuture(5000) });
    expect(bus.broker.nextDue()).toBe(due);
    passTime(activatesAfter - 1);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, scheduled: 1 });
    passTime(1);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, scheduled: 0 });
    await takeOne(bus.receiver);
  });
});

describe('duplicate detection', () => {
  it('drops the second of two sends within the window, even when the first is completed', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 'first', messageId: 'same' });
    await bus.receiver.completeMessage(await takeOne(bus.receiver));
    passTime(10 * MINUTE - 1);
    await bus.sender.sendMessages({ body: 'second', messageId: 'same' });
    expect(bus.broker.counts(QUEUE).active).toBe(0);
    passTime(1);
    await bus.sender.sendMessages({ body: 'third', messageId: 'same' });
    expect(await takeOne(bus.receiver)).toMatchObject({ body: 'third' });
  });

  it('compares scheduled messages when they are sent, in both directions', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, messageId: 'x', scheduledEnqueueTimeUtc: inFuture(MINUTE) });
    await bus.sender.sendMessages({ body: 2, messageId: 'x' });
    await bus.sender.sendMessages({ body: 3, messageId: 'y' });
    const [number] = await bus.sender.scheduleMessages([{ body: 4, messageId: 'y' }], inFuture(MINUTE));
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, scheduled: 1 });
    await expect(bus.sender.cancelScheduledMessages(number as SequenceNumber)).rejects.toMatchObject({
      code: 'MessageNotFound',
    });
  });

  it('looks into batches', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages(['a', 'b', 'a'].map(messageId => ({ body: 1, messageId })));
    expect(bus.broker.counts(QUEUE).active).toBe(2);
  });
});

describe('peek-lock', () => {
  it('removes a completed message', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1 });
    const message = await takeOne(bus.receiver);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 1 });
    await bus.receiver.completeMessage(message);
    expect(bus.broker.counts(QUEUE)).toEqual({
      active: 0,
      scheduled: 0,
      locked: 0,
      deferred: 0,
      deadLettered: 0,
    });
  });

  it('returns an abandoned message to its place at once, with the properties to modify', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([
      { body: 1, messageId: 'a', applicationProperties: { keep: 'me', attempt: 0 } },
      { body: 2, messageId: 'b' },
    ]);
    await bus.receiver.abandonMessage(await takeOne(bus.receiver), { attempt: 1 });
    const [a, b] = await take(bus.receiver, 2);
    expect(a).toMatchObject({ messageId: 'a', deliveryCount: 1 });
    expect(a?.applicationProperties).toEqual({ keep: 'me', attempt: 1 });
    expect(b).toMatchObject({ messageId: 'b', deliveryCount: 0 });
  });

  it('delivers again when the lock expires, and refuses the late settlement', async () => {
    await using bus = await openNamespace({ lockDurationMs: 30_000 });
    await bus.sender.sendMessages({ body: 1, messageId: 'a' });
    const first = await takeOne(bus.receiver);
    expect(bus.broker.nextDue()).toBe(Date.now() + 30_000);
    passTime(29_999);
    expect(bus.broker.counts(QUEUE).locked).toBe(1);
    passTime(1);
    const second = await takeOne(bus.receiver);
    expect(second).toMatchObject({ messageId: 'a', deliveryCount: 1 });
    expect(second.lockToken).not.toBe(first.lockToken);
    const lost = { code: 'MessageLockLost', retryable: false };
    await expect(bus.receiver.completeMessage(first)).rejects.toMatchObject(lost);
    await expect(bus.receiver.renewMessageLock(first)).rejects.toMatchObject(lost);
    await bus.receiver.completeMessage(second);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 });
  });

  it('keeps a lock that is renewed', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1 });
    const message = await takeOne(bus.receiver);
    passTime(MINUTE - 1);
    expect(await bus.receiver.renewMessageLock(message)).toEqual(inFuture(MINUTE));
    passTime(MINUTE - 1);
    await bus.receiver.completeMessage(message);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 });
  });

  it('answers two settlements of one moment each for itself', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const [lost, kept] = (await take(bus.receiver, 2)) as [
      ServiceBusReceivedMessage,
      ServiceBusReceivedMessage,
    ];
    passTime(MINUTE - 1);
    await bus.receiver.renewMessageLock(kept);
    passTime(1);
    const outcomes = await Promise.allSettled(
      [lost, kept].map(message => bus.receiver.completeMessage(message)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('dead-letters after the last delivery', async () => {
    await using bus = await openNamespace({ maxDeliveryCount: 3, lockDurationMs: 1000 });
    await bus.sender.sendMessages({ body: 1, messageId: 'poison' });
    await bus.receiver.abandonMessage(await takeOne(bus.receiver));
    await takeOne(bus.receiver);
    passTime(1000);
    const last = await takeOne(bus.receiver);
    expect(last.deliveryCount).toBe(2);
    await bus.receiver.abandonMessage(last);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, deadLettered: 1 });
    expect(await takeOne(bus.deadLetters)).toMatchObject({
      messageId: 'poison',
      deadLetterReason: 'MaxDeliveryCountExceeded',
      deadLetterErrorDescription: 'Message could not be consumed after 3 delivery attempts.',
    });
  });

  it('settles through the management node when the link of the delivery is closed', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([
      { body: 1, messageId: 'complete' },
      { body: 2, messageId: 'dead-letter' },
    ]);
    const closing = bus.client.createReceiver(QUEUE);
    const [complete, deadLetter] = await take(closing, 2);
    await closing.close();
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 2 });
    await bus.receiver.completeMessage(complete as ServiceBusReceivedMessage);
    await bus.receiver.deadLetterMessage(deadLetter as ServiceBusReceivedMessage, {
      deadLetterReason: 'why',
      deadLetterErrorDescription: 'because',
    });
    expect(bus.broker.counts(QUEUE)).toMatchObject({ locked: 0, deadLettered: 1 });
    expect(await takeOne(bus.deadLetters)).toMatchObject({ deadLetterReason: 'why' });
  });
});

describe('receiving', () => {
  it('ends an empty pull in time and does not owe it a message afterwards', async () => {
    await using bus = await openNamespace();
    expect(await takeNone(bus.receiver)).toEqual([]);
    await bus.sender.sendMessages({ body: 1 });
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, locked: 0 });
    await takeOne(bus.receiver);
  });

  it('gives what there is to a pull that asks for more', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const started = performance.now();
    expect(await bus.receiver.receiveMessages(10, { maxWaitTimeInMs: 50 })).toHaveLength(2);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('ends a pull whose last message crosses its request to drain', async () => {
    await using bus = await openNamespace();
    const opened = Promise.withResolvers<void>();
    bus.broker.gate = ({ kind }) => (kind === 'deliver' ? opened.promise : undefined);
    await bus.sender.sendMessages({ body: 1 });
    // The clock stands still: the library drains after 600 ms, and closes the link 600 ms later without an answer.
    const pull = bus.receiver.receiveMessages(1, { maxWaitTimeInMs: 600 });
    await setTimeout(700);
    opened.resolve();
    const started = performance.now();
    expect(await pull).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(300);
  });

  it('streams to a subscriber, never more than maxConcurrentCalls at a time', async () => {
    await using bus = await openNamespace();
    let running = 0;
    let most = 0;
    const seen: unknown[] = [];
    const errors: ProcessErrorArgs[] = [];
    const subscription = bus.receiver.subscribe(
      {
        async processMessage(message) {
          running += 1;
          most = Math.max(most, running);
          await new Promise(setImmediate);
          seen.push(message.messageId);
          running -= 1;
        },
        async processError(args) {
          errors.push(args);
        },
      },
      { maxConcurrentCalls: 4 },
    );
    const all = Array.from({ length: 50 }, (_, number) => ({ body: number, messageId: `m${number}` }));
    await bus.sender.sendMessages(all);
    await vi.waitFor(() => expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 }), 5000);
    await subscription.close();
    expect(seen).toHaveLength(50);
    expect(new Set(seen)).toEqual(new Set(all.map(({ messageId }) => messageId)));
    expect(most).toBe(4);
    expect(errors).toEqual([]);
  });

  it('shares messages out between receivers', async () => {
    await using bus = await openNamespace();
    const other = bus.client.createReceiver(QUEUE);
    const mine = take(bus.receiver, 2);
    const theirs = take(other, 2);
    await bus.sender.sendMessages(['a', 'b', 'c', 'd'].map(messageId => ({ body: 1, messageId })));
    expect(new Set(ids([...(await mine), ...(await theirs)]))).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('receives and deletes', async () => {
    await using bus = await openNamespace();
    const receiver = bus.client.createReceiver(QUEUE, { receiveMode: 'receiveAndDelete' });
    await bus.sender.sendMessages([{ body: 1 }, { body: 2 }]);
    const messages = await take(receiver, 2);
    expect(messages.map(({ body, lockToken }) => [body, lockToken])).toEqual([
      [1, undefined],
      [2, undefined],
    ]);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 });
  });

  it('goes on past the 2,048 deliveries that one link can hold', async () => {
    await using bus = await openNamespace();
    for (let sent = 0; sent < 5000; sent += 1000)
      await bus.sender.sendMessages(Array.from({ length: 1000 }, () => ({ body: 'x' })));
    for (let done = 0; done < 5000; done += 1000) {
      const messages = await take(bus.receiver, 1000);
      await Promise.all(messages.map(message => bus.receiver.completeMessage(message)));
    }
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 });
  });
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
