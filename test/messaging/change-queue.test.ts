import { ServiceBusClient } from '@azure/service-bus';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Change } from '../../src/identity/change.ts';
import { type Broker, startBroker } from '../../src/local/service-bus/broker.ts';
import { ChangeQueue, type HeardChange } from '../../src/messaging/change-queue.ts';
import { laterLookInstant, lookObligation, messageBody, settleInstant } from '../../src/messaging/message.ts';

const QUEUE = 'identity-changes';
const WINDOW_MS = 2_000;
/** The beginning of a settle window, of a pump window and of a minute. */
const START = Math.ceil(Date.now() / 60_000) * 60_000 + 1_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

async function open(): Promise<{ queue: ChangeQueue; broker: Broker; client: ServiceBusClient }> {
  const broker = await startBroker({ queues: [{ name: QUEUE }] });
  const client = new ServiceBusClient(broker.connectionString, {
    retryOptions: { maxRetries: 0, timeoutInMs: 5_000 },
  });
  const queue = new ChangeQueue(client, { settleWindowMs: WINDOW_MS });
  onTestFinished(async () => {
    await queue.close();
    await client.close();
    await broker.close();
  });
  return { queue, broker, client };
}

const heard = (id: string, more: Partial<HeardChange> = {}): HeardChange => ({
  target: 'account-1',
  principal: { kind: 'user', id },
  cause: 'notification',
  heardAt: Date.now(),
  correlationId: `c-${id}`,
  ...more,
});

async function peek(client: ServiceBusClient) {
  const receiver = client.createReceiver(QUEUE);
  const messages = await receiver.peekMessages(100);
  await receiver.close();
  return messages;
}

describe('a change that was heard', () => {
  test('is a message that is due when the window ends, with everything under one key', async () => {
    const { queue, client, broker } = await open();
    await queue.open();
    await queue.sendChanges([heard('u1')]);
    const due = settleInstant(START, WINDOW_MS);
    const [message] = await peek(client);
    expect(broker.counts(QUEUE)).toMatchObject({ scheduled: 1, active: 0 });
    expect(message?.scheduledEnqueueTimeUtc?.getTime()).toBe(due);
    expect(message?.messageId).toBe(`p:account-1|user:u1|c|${due}`);
    expect(message?.correlationId).toBe('c-u1');
    expect(message?.contentType).toBe('application/json');
    expect(message?.applicationProperties).toEqual({ chain: message?.messageId, attempt: 0, hops: 0 });
    expect(Object.keys(message?.body)).toEqual(['obligation']);
    expect(messageBody.parse(message?.body).obligation).toEqual({
      type: 'look',
      ...heard('u1'),
      notBefore: due,
    });
  });

  test('folds with its like inside the window, and not beyond it', async () => {
    const { queue, broker } = await open();
    await queue.sendChanges([heard('u1'), heard('u1'), heard('u2')]);
    vi.setSystemTime(START + WINDOW_MS - 1);
    await queue.sendChanges([heard('u1', { cause: 'poll', correlationId: 'other' })]);
    expect(broker.counts(QUEUE).scheduled).toBe(2);
    vi.setSystemTime(START + WINDOW_MS);
    await queue.sendChanges([heard('u1')]);
    expect(broker.counts(QUEUE).scheduled).toBe(3);
  });

  test('may come with thousands of others', async () => {
    const { queue, broker } = await open();
    await queue.sendChanges(Array.from({ length: 2_500 }, (_, index) => heard(`u${index}`)));
    expect(broker.counts(QUEUE).scheduled).toBe(2_500);
  });

  test('is refused within the caller’s patience while the queue cannot be reached, and taken afterwards', async () => {
    const { queue, broker } = await open();
    await queue.open();
    await broker.setUnreachable(true);
    const asked = performance.now();
    await expect(queue.sendChanges([heard('u1')], AbortSignal.timeout(300))).rejects.toThrow();
    expect(performance.now() - asked).toBeLessThan(10_000);
    await broker.setUnreachable(false);
    await vi.waitFor(() => queue.sendChanges([heard('u1')]), { timeout: 10_000 });
    expect(broker.counts(QUEUE).scheduled).toBe(1);
  });

  test('costs nothing when there is none', async () => {
    const { queue, broker } = await open();
    await broker.setUnreachable(true);
    await queue.sendChanges([]);
  });
});

describe('what succeeds a message', () => {
  const change: Change = { ...heard('u1', { heardAt: 5 }), notBefore: START };

  test('a later look is due at the next full minute but one, and folds with its like only', async () => {
    const { queue, client, broker } = await open();
    await queue.sendChanges([heard('u1')]);
    await queue.sendLaterLook(change, 0);
    await queue.sendLaterLook({ ...change, correlationId: 'other' }, 0);
    expect(broker.counts(QUEUE).scheduled).toBe(2);
    const later = (await peek(client)).find(({ messageId }) => String(messageId).includes('|l|'));
    expect(later?.scheduledEnqueueTimeUtc?.getTime()).toBe(laterLookInstant(START, 60_000));
    expect(messageBody.parse(later?.body).obligation).toMatchObject({ cause: 'later-look', heardAt: 5 });
  });

  test('a copy that is sent twice is one message, and the next try is another', async () => {
    const { queue, client } = await open();
    const delivery = { chain: 'p:x', attempt: 1, hops: 0 };
    for (const attempt of [1, 1, 2])
      await queue.sendCopy(lookObligation(change), { ...delivery, attempt }, START + 5_000);
    const messages = await peek(client);
    expect(messages.map(({ messageId }) => messageId)).toEqual(['p:x|a1', 'p:x|a2']);
    expect(messages[1]?.applicationProperties).toEqual({
      chain: 'p:x',
      attempt: 2,
      hops: 0,
      due: START + 5_000,
    });
    expect(messages[1]?.scheduledEnqueueTimeUtc?.getTime()).toBe(START + 5_000);
    expect(messageBody.parse(messages[1]?.body).obligation).toMatchObject({ notBefore: START, heardAt: 5 });
  });

  test('a pump is one message for each target and window', async () => {
    const { queue, client, broker } = await open();
    vi.setSystemTime(START + 4_000);
    for (const target of ['a', 'a', 'b', 'a']) await queue.sendPump(target);
    expect(broker.counts(QUEUE).active).toBe(2);
    vi.setSystemTime(START + 9_000);
    await queue.sendPump('a');
    const messages = await peek(client);
    expect(messages.map(({ body }) => messageBody.parse(body).obligation)).toEqual([
      { type: 'pump', target: 'a' },
      { type: 'pump', target: 'b' },
      { type: 'pump', target: 'a' },
    ]);
  });
});
