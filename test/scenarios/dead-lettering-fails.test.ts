import { expect, test } from 'vitest';
import { notAllowed } from '../../src/local/service-bus/broker-error.ts';
import { sendMessages } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** As the queue is created. */
const MAX_DELIVERY_COUNT = 20;
const LOCK_MS = 60_000;

test('a message that cannot even be dead-lettered by us is dead-lettered by its delivery count, and never completed', async () => {
  const ada = user('ada');
  await using world = await createWorld({
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  const { broker, directory, databricks } = world.cloud;
  let refused = 0;
  const settled: string[] = [];
  broker.gate = ({ kind, messageId, outcome }) => {
    if (kind !== 'settle' || messageId !== 'stubborn') return;
    if (outcome === 'deadletter') {
      refused += 1;
      throw notAllowed('dead-lettering is out of order');
    }
    settled.push(outcome ?? '');
  };
  await sendMessages(world, [
    {
      messageId: 'stubborn',
      body: { obligation: {} },
      applicationProperties: { chain: 'stubborn', attempt: 0, hops: 0 },
    },
  ]);
  for (let delivery = 1; delivery <= MAX_DELIVERY_COUNT; delivery += 1) {
    await world.until(`delivery ${delivery} has failed`, () => refused === delivery);
    expect(broker.counts('identity-changes').deadLettered).toBe(0);
    if (delivery === 2) {
      directory.store.update(ada.id, { displayName: 'Ada' });
      await world.until(
        'others are served',
        () => databricks.store.user('ada@contoso.com')?.displayName === 'Ada',
        20_000,
      );
    }
    // Where the host could not give it back either, the end of its lock does.
    world.clock.advance(LOCK_MS);
  }
  await world.until('it is dead-lettered', () => broker.counts('identity-changes').deadLettered === 1);
  const [letter] = await world.deadLetters();
  expect(letter?.messageId).toBe('stubborn');
  expect(letter?.deadLetterReason).toBe('MaxDeliveryCountExceeded');
  // Every invocation failed for the host to see, so that it never took the message for done.
  expect(settled).not.toContain('complete');
  expect(world.logs.filter(line => line.includes("'Functions.apply-change' (Failed)"))).toHaveLength(
    MAX_DELIVERY_COUNT,
  );
  expect(refused).toBe(MAX_DELIVERY_COUNT);
  // The reason that the dead letter cannot have.
  expect(
    world.logs.filter(line => line.includes('settlement-unavailable reason=InvalidMessage')),
  ).toHaveLength(MAX_DELIVERY_COUNT);
});
