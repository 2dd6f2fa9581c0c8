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
