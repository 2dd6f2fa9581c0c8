import { afterEach, describe, expect, it, vi } from 'vitest';
import type { GateEvent } from '../../../src/local/service-bus/gate.ts';
import {
  ids,
  inFuture,
  newClient,
  openNamespace,
  passTime,
  QUEUE,
  stopClock,
  take,
  takeNone,
  takeOne,
} from './namespace.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a gate', () => {
  it('sees every send, delivery and settlement', async () => {
    await using bus = await openNamespace();
    const seen: GateEvent[] = [];
    bus.broker.gate = event => void seen.push(event);
    await bus.sender.sendMessages({ body: 1, messageId: 'a' });
    await bus.receiver.deadLetterMessage(await takeOne(bus.receiver));
    await bus.deadLetters.completeMessage(await takeOne(bus.deadLetters));
    const deadLetterQueue = `${QUEUE}/$DeadLetterQueue`;
    expect(seen).toEqual([
      { kind: 'send', queue: QUEUE, messageId: 'a' },
      { kind: 'deliver', queue: QUEUE, messageId: 'a' },
      { kind: 'settle', queue: QUEUE, messageId: 'a', outcome: 'deadletter' },
      { kind: 'deliver', queue: deadLetterQueue, messageId: 'a' },
      { kind: 'settle', queue: deadLetterQueue, messageId: 'a', outcome: 'complete' },
    ]);
  });

  it('holds a send back without holding up others, and a settlement until it is let through', async () => {
    await using bus = await openNamespace();
    const opened = Promise.withResolvers<void>();
    bus.broker.gate = ({ kind, messageId }) =>
      (kind === 'send' && messageId === 'held') || kind === 'settle' ? opened.promise : undefined;
    const held = bus.sender.sendMessages({ body: 1, messageId: 'held' });
    await bus.sender.sendMessages({ body: 1, messageId: 'free' });
    const message = await takeOne(bus.receiver);
    const settled = bus.receiver.completeMessage(message);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 1 });
    opened.resolve();
    await Promise.all([held, settled]);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 1, locked: 0 });
  });

  it('that throws fails a send and a settlement without effect, and loses a delivery until its lock expires', async () => {
    stopClock();
    await using bus = await openNamespace();
    let failing: string | undefined = 'send';
    bus.broker.gate = ({ kind }) => {
      if (kind === failing) throw new Error('broken');
    };
    await expect(bus.sender.sendMessages({ body: 1, messageId: 'a' })).rejects.toThrow('broken');
    failing = 'deliver';
    await bus.sender.sendMessages({ body: 1, messageId: 'a' });
    expect(await takeNone(bus.receiver)).toEqual([]);
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 1 });
    passTime(60_000);
    failing = 'settle';
    const message = await takeOne(bus.receiver);
    expect(message.deliveryCount).toBe(1);
    await expect(bus.receiver.completeMessage(message)).rejects.toThrow('broken');
    failing = undefined;
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 1 });
    passTime(60_000);
    await bus.receiver.completeMessage(await takeOne(bus.receiver));
    expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 });
  });

  it('lets the effect happen although the client has gone meanwhile', async () => {
    await using bus = await openNamespace();
    const opened = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    bus.broker.gate = () => {
      reached.resolve();
      return opened.promise;
    };
    await using impatient = newClient(bus.broker, 500);
    const sent = impatient.createSender(QUEUE).sendMessages({ body: 1 });
    await reached.promise;
    await bus.broker.setUnreachable(true);
    opened.resolve();
    await vi.waitFor(() => expect(bus.broker.counts(QUEUE).active).toBe(1));
    await expect(sent).rejects.toMatchObject({ code: 'ServiceTimeout' });
    await bus.broker.setUnreachable(false);
  });
});

describe('a broken connection', () => {
  it('does not release the locks of its client before they expire', async () => {
    stopClock();
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, messageId: 'a' });
    const dying = newClient(bus.broker);
    await takeOne(dying.createReceiver(QUEUE));
    await dying.close();
    passTime(59_999);
    expect(await takeNone(bus.receiver)).toEqual([]);
    passTime(1);
    expect(await takeOne(bus.receiver)).toMatchObject({ messageId: 'a', deliveryCount: 1 });
  });

  it('is what an unreachable broker means; messages are kept, and new clients are refused', async () => {
    await using bus = await openNamespace();
    await bus.sender.sendMessages({ body: 1, messageId: 'kept' });
    const { port } = bus.broker;
    await bus.broker.setUnreachable(true);
    await using early = newClient(bus.broker);
    await expect(early.createSender(QUEUE).sendMessages({ body: 2 })).rejects.toThrow('ECONNREFUSED');
    await bus.broker.setUnreachable(false);
    expect(bus.broker.port).toBe(port);
    await using late = newClient(bus.broker);
    expect(ids(await take(late.createReceiver(QUEUE), 1))).toEqual(['kept']);
  });

  it('is survived by a subscriber', async () => {
    await using bus = await openNamespace();
    const seen = new Set<unknown>();
    await using patient = newClient(bus.broker);
    const subscription = patient.createReceiver(QUEUE).subscribe({
      processMessage: async ({ messageId }) => void seen.add(messageId),
      processError: async () => {},
    });
    await bus.sender.sendMessages({ body: 1, messageId: 'before' });
    await vi.waitFor(() => expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 0, locked: 0 }), 5000);
    await bus.broker.setUnreachable(true);
    await bus.broker.setUnreachable(false);
    await using other = newClient(bus.broker);
    await other.createSender(QUEUE).sendMessages({ body: 1, messageId: 'after' });
    await vi.waitFor(() => expect(seen).toContain('after'), 10_000);
    await subscription.close();
  }, 20_000);
});

describe('what a harness sees', () => {
  it('activity grows with every event and rests between', async () => {
    stopClock();
    await using bus = await openNamespace();
    const steps = [bus.broker.activity];
    const step = (): number => steps.push(bus.broker.activity);
    await bus.sender.sendMessages({ body: 1 });
    step();
    const message = await takeOne(bus.receiver);
    step();
    await bus.receiver.completeMessage(message);
    step();
    expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));
    const rest = bus.broker.activity;
    await takeNone(bus.receiver);
    expect(bus.broker.activity).toBe(rest);
  });

  it('nextDue is the earliest lock or activation, of dead letters too', async () => {
    stopClock();
    await using bus = await openNamespace({ lockDurationMs: 30_000 });
    expect(bus.broker.nextDue()).toBeUndefined();
    await bus.sender.sendMessages({ body: 1, scheduledEnqueueTimeUtc: inFuture(40_000) });
    expect(bus.broker.nextDue()).toBe(Date.now() + 40_000);
    await bus.sender.sendMessages({ body: 1 });
    await bus.receiver.deadLetterMessage(await takeOne(bus.receiver));
    expect(bus.broker.nextDue()).toBe(Date.now() + 40_000);
    await takeOne(bus.deadLetters);
    expect(bus.broker.nextDue()).toBe(Date.now() + 30_000);
  });

  it('counts refuse a queue that does not exist', async () => {
    await using bus = await openNamespace();
    expect(() => bus.broker.counts('nowhere')).toThrow(RangeError);
  });
});

it('keeps its pace with 10,000 messages waiting', async () => {
  await using bus = await openNamespace();
  for (let sent = 0; sent < 10_000; sent += 1000)
    await bus.sender.sendMessages(Array.from({ length: 1000 }, () => ({ body: 'x' })));
  const started = performance.now();
  for (let done = 0; done < 2000; done += 500) {
    const messages = await take(bus.receiver, 500);
    await Promise.all(messages.map(message => bus.receiver.completeMessage(message)));
    expect(await bus.receiver.peekMessages(1)).toHaveLength(1);
  }
  // A few hundred milliseconds in truth; quadratic work would take many times as long.
  expect(performance.now() - started).toBeLessThan(5000);
  expect(bus.broker.counts(QUEUE)).toMatchObject({ active: 8000, locked: 0 });
}, 20_000);
