import { setTimeout } from 'node:timers/promises';
import type { ProcessErrorArgs, ServiceBusReceivedMessage } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ids,
  inFuture,
  openNamespace,
  passTime,
  QUEUE,
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
