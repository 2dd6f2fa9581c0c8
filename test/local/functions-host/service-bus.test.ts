import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Broker, startBroker } from '../../../src/local/service-bus/broker.ts';
import { createSettlementClient } from '../../../src/messaging/settlement.ts';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { type Fixture, gate, startFixture } from './fixture.ts';

/** For a machine that is busy; nothing here takes longer than a moment. */
const PATIENT = { timeout: 10_000, interval: 5 };

type Metadata = Record<string, unknown>;

/** A broker with one queue, the fixture app's trigger on it, and a sender. */
async function start(functions = ['on-message'], { maxDeliveryCount = 20 } = {}) {
  const broker = await startBroker({ queues: [{ name: 'fixture', maxDeliveryCount }] });
  onTestFinished(() => broker.close());
  const client = new ServiceBusClient(broker.connectionString);
  onTestFinished(() => client.close());
  const running = await startFixture({ functions, settings: { FixtureBus: broker.connectionString } });
  const sender = client.createSender('fixture');
  return { ...running, broker, client, send: (message: ServiceBusMessage) => sender.sendMessages(message) };
}

/** The next message that the function sees. */
function nextMessage(fixture: Fixture): Promise<{ body: unknown; metadata: Metadata }> {
  return new Promise(resolve => {
    fixture.onMessage = (body, context) => resolve({ body, metadata: context.triggerMetadata });
  });
}

function testClock(): TestClock {
  const clock = createTestClock();
  clock.install();
  onTestFinished(() => clock.dispose());
  return clock;
}

function emptied(broker: Broker): Promise<boolean> {
  return vi.waitUntil(() => {
    const { active, locked, scheduled } = broker.counts('fixture');
    return active + locked + scheduled === 0;
  }, PATIENT);
}

describe('a Service Bus message', () => {
  test('reaches the function with its metadata, and is completed when that returns', async () => {
    const { broker, fixture, send } = await start();
    const seen = nextMessage(fixture);
    await send({
      body: 'plain text',
      messageId: 'm|1',
      correlationId: 'c',
      subject: 's',
      contentType: 'text/plain',
    });
    const { body, metadata } = await seen;
    expect(body).toBe('plain text');
    expect(metadata).toMatchObject({
      messageId: 'm|1',
      correlationId: 'c',
      subject: 's',
      label: 's',
      contentType: 'text/plain',
      deliveryCount: 1,
      sequenceNumber: 1,
      lockToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      enqueuedTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
      applicationProperties: {},
    });
    await emptied(broker);
    expect(broker.counts('fixture').deadLettered).toBe(0);
  });

  // Trap 1 of the real path.
  test('whose id looks like a number has a number for an id', async () => {
    const { fixture, send } = await start();
    const seen = nextMessage(fixture);
    await send({ body: 'x', messageId: '1e3', correlationId: 'true', subject: '{"a":1}' });
    expect((await seen).metadata).toMatchObject({ messageId: 1000, correlationId: true, subject: { a: 1 } });
  });

  // Trap 2.
  test('has the first letter of every application property lower-cased, however deep', async () => {
    const { fixture, send } = await start();
    const seen = nextMessage(fixture);
    await send({ body: 'x', applicationProperties: { Attempt: 3, XId: 'kept as "1"', camelCase: '7' } });
    const { metadata } = await seen;
    expect(metadata.applicationProperties).toEqual({ attempt: 3, xId: 'kept as "1"', camelCase: '7' });
  });

  // Trap 3.
  test('overrides its own metadata with the top level of a JSON body', async () => {
    const { fixture, send } = await start();
    const seen = nextMessage(fixture);
    const body = {
      deliveryCount: 99,
      LOCKTOKEN: 'forged',
      nested: { Inner: 1 },
      list: [1],
      nothing: null,
      flag: true,
    };
    await send({ body, messageId: 'real' });
    const { metadata } = await seen;
    expect(metadata).toMatchObject({
      deliveryCount: 99,
      lockToken: 'forged',
      nested: { inner: 1 },
      flag: 'True',
      messageId: 'real',
    });
    expect(metadata).not.toHaveProperty('list');
    expect(metadata).not.toHaveProperty('nothing');
  });

  // Trap 4.
  test.each([
    ['42', 42],
    ['{"a":1}', { a: 1 }],
    ['null', null],
    ['{"a":', '{"a":'],
  ])('with the body %s arrives as what JSON makes of it', async (sent, received) => {
    const { fixture, send } = await start();
    const seen = nextMessage(fixture);
    await send({ body: Buffer.from(sent) });
    expect((await seen).body).toEqual(received);
  });

  // Trap 5: the SDK counts from 0, the host from 1.
  test('is abandoned at once by a throw, and delivered again until the broker dead-letters it', async () => {
    const { broker, fixture, send, client } = await start(['on-message'], { maxDeliveryCount: 3 });
    const counts: unknown[] = [];
    fixture.onMessage = (_, { triggerMetadata }) => {
      counts.push(triggerMetadata.deliveryCount);
      throw new Error('not today');
    };
    await send({ body: 'x', messageId: 'poison' });
    await vi.waitUntil(() => broker.counts('fixture').deadLettered === 1, PATIENT);
    expect(counts).toEqual([1, 2, 3]);
    const receiver = client.createReceiver('fixture', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.peekMessages(1);
    expect(dead?.deadLetterReason).toBe('MaxDeliveryCountExceeded');
  });

  test('that the function dead-lettered through the host is neither completed nor abandoned', async () => {
    const { broker, fixture, send, client, log } = await start();
    const settlement = createSettlementClient();
    onTestFinished(() => settlement?.close());
    let deliveries = 0;
    fixture.onMessage = async (_, { triggerMetadata }) => {
      deliveries += 1;
      await settlement?.deadLetter(String(triggerMetadata.lockToken), 'InvalidMessage', 'no kind');
    };
    await send({ body: 'x', messageId: 'invalid' });
    await vi.waitUntil(() => broker.counts('fixture').deadLettered === 1, PATIENT);
    await emptied(broker);
    const receiver = client.createReceiver('fixture', { subQueueType: 'deadLetter' });
    const [dead] = await receiver.peekMessages(1);
    expect(dead).toMatchObject({ deadLetterReason: 'InvalidMessage', deadLetterErrorDescription: 'no kind' });
    expect(deliveries).toBe(1);
    expect(log.join('')).not.toContain('Message processing error');
  });

  test('can be dead-lettered only while its invocation runs', async () => {
    const { fixture, send, host } = await start();
    const settlement = createSettlementClient();
    onTestFinished(() => settlement?.close());
    const seen = nextMessage(fixture);
    await send({ body: 'x' });
    const { metadata } = await seen;
    await vi.waitUntil(() => host.inFlight === 0, PATIENT);
    await expect(settlement?.deadLetter(String(metadata.lockToken), 'Late', '')).rejects.toThrow('not found');
  });

  test('stays locked after success where autoCompleteMessages is off', async () => {
    const { broker, fixture, send, host } = await start(['manual']);
    const seen = nextMessage(fixture);
    await send({ body: 'x' });
    await seen;
    await vi.waitUntil(() => host.inFlight === 0, PATIENT);
    expect(broker.counts('fixture')).toMatchObject({ locked: 1, active: 0 });
  });
});

describe('a Service Bus trigger', () => {
  test('runs no more than maxConcurrentCalls at a time', async () => {
    const { broker, fixture, send, host } = await start();
    const held = gate();
    let most = 0;
    fixture.onMessage = async () => {
      most = Math.max(most, host.inFlight);
      await held.promise;
    };
    await Promise.all(Array.from({ length: 5 }, (_, id) => send({ body: 'x', messageId: `m${id}` })));
    await vi.waitUntil(() => host.inFlight === 2, PATIENT);
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(broker.counts('fixture')).toMatchObject({ locked: 2, active: 3 });
    held.open();
    await emptied(broker);
    expect(most).toBe(2);
  });

  test('keeps the lock of a running message alive, and not for longer than it may', async () => {
    const clock = testClock();
    const { broker, fixture, send } = await start();
    const held = gate();
    const deliveries: unknown[] = [];
    fixture.onMessage = async (_, { triggerMetadata }) => {
      deliveries.push(triggerMetadata.deliveryCount);
      if (deliveries.length === 1) await held.promise;
    };
    await send({ body: 'x' });
    await vi.waitUntil(() => deliveries.length === 1, PATIENT);
    // Lock duration 60 s: renewed 10 s before its end. maxAutoLockRenewalDuration of the fixture: 5 minutes.
    for (let renewals = 0; renewals < 5; renewals++) {
      clock.advance(51_000);
      await vi.waitUntil(() => (broker.nextDue() ?? 0) > Date.now() + 55_000, PATIENT);
    }
    expect(deliveries).toEqual([1]);
    clock.advance(51_000);
    await new Promise(resolve => setTimeout(resolve, 60));
    clock.advance(10_000);
    await vi.waitUntil(() => deliveries.length === 2, PATIENT);
    expect(deliveries).toEqual([1, 2]);
    held.open();
  });

  test('leaves messages locked that are still running when the grace time is over', async () => {
    const { broker, fixture, send, host } = await start();
    const held = gate();
    fixture.onMessage = () => held.promise;
    await send({ body: 'x', messageId: 'cut off' });
    await vi.waitUntil(() => host.inFlight === 1, PATIENT);
    await host.close(50);
    held.open();
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(broker.counts('fixture')).toMatchObject({ locked: 1, active: 0, deadLettered: 0 });
  });

  test('drains: running messages are completed, waiting ones stay in the queue', async () => {
    const { broker, fixture, send, host } = await start();
    const held = gate();
    fixture.onMessage = () => held.promise;
    await Promise.all(Array.from({ length: 3 }, (_, id) => send({ body: 'x', messageId: `m${id}` })));
    await vi.waitUntil(() => host.inFlight === 2, PATIENT);
    const drained = host.drain();
    held.open();
    await drained;
    await vi.waitUntil(() => broker.counts('fixture').locked === 0, PATIENT);
    expect(broker.counts('fixture').active).toBe(1);
  });

  test('goes on when the broker was out of reach', async () => {
    const { broker, fixture, send } = await start();
    await broker.setUnreachable(true);
    await broker.setUnreachable(false);
    const seen = nextMessage(fixture);
    await send({ body: 'after', messageId: 'after' });
    expect((await seen).body).toBe('after');
  });

  test('does not start without its connection', async () => {
    await expect(startFixture({ functions: ['on-message'], settings: {} })).rejects.toThrow(
      "'FixtureBus' is missing",
    );
  });
});
