import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const MINUTE = 60_000;

// Two hours of clock and ten later looks are real work, whatever the clock does.
const TIMEOUT_MS = 150_000;

test('subscriptions that Graph loses, loses in silence, or wants to have authorized are back by themselves', {
  timeout: TIMEOUT_MS,
}, async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
    settings: { NOTIFICATION_SILENCE_MINUTES: '10' },
  });
  const { directory } = world.cloud;
  await world.initialCycle();
  const first = await subscriptions(world);
  expect(first.map(({ resource }) => resource).sort()).toEqual(['/groups', '/users']);
  await expectHeard(world, ada.id, 'ada 0', 'notification');
  const events = (name: string) => world.logs.filter(line => line.includes(`${name} `));

  // Gone without a word: the check finds out. Its client states are new ones, and are believed.
  directory.loseSubscriptions('removed');
  await world.eventually(
    'both are there again',
    async () => (await subscriptions(world)).length === 2,
    11 * MINUTE,
  );
  expect(events('subscription-lost')).toHaveLength(2);
  await expectHeard(world, ada.id, 'ada 1', 'notification');

  // Gone, and Graph says so: sooner than any check.
  directory.sendLifecycle('subscriptionRemoved');
  const took = await world.eventually(
    'both are there',
    async () => (await subscriptions(world)).length === 2,
  );
  expect(took).toBeLessThan(2 * MINUTE);
  await expectHeard(world, ada.id, 'ada 2', 'notification');

  // Graph tells of nothing until they are authorized again.
  directory.sendLifecycle('reauthorizationRequired');
  await world.pass(2_000);
  await expectHeard(world, ada.id, 'ada 3', 'notification');

  // A notification was lost, and Graph says so: the poll has it within a minute.
  directory.faults.notifications = { drop: true };
  await expectHeard(world, ada.id, 'ada 4', 'poll');
  directory.faults.notifications = {};
  const asked = events('subscriptions-kept').length;
  directory.sendLifecycle('missed');
  await world.eventually('it is said', () => events('notifications-lost').length === 2);
  expect(events('subscriptions-kept')).toHaveLength(asked);

  // They are listed, and nothing comes of them: what the polls find tells, after ten minutes.
  const silent = await subscriptions(world);
  await world.idle(16 * MINUTE);
  const alerts = events('subscription-lost').length;
  directory.loseSubscriptions('silent');
  for (let change = 0; change < 3; change += 1) {
    await expectHeard(world, ada.id, `silent ${change}`, 'poll');
    await world.idle(4 * MINUTE);
  }
  await world.eventually('the users are subscribed to anew', async () =>
    (await subscriptions(world)).some(({ id }) => silent.every(before => before.id !== id)),
  );
  expect(events('subscription-lost').slice(alerts)).toEqual([expect.stringContaining('need=silent')]);
  await expectHeard(world, ada.id, 'ada 5', 'notification');

  // More than half of its life later it is renewed, not created anew.
  const kept = await subscriptions(world);
  world.clock.advance(16 * 24 * 60 * MINUTE);
  await world.eventually('both are renewed', async () =>
    (await subscriptions(world)).every(({ id, expirationDateTime }) => {
      const before = kept.find(subscription => subscription.id === id);
      return before !== undefined && Date.parse(expirationDateTime) > Date.parse(before.expirationDateTime);
    }),
  );
  expect(events('subscription-not-created')).toEqual([]);
  expect(events('notifications-dropped')).toEqual([]);
  await expectConverged(world);
});

test('an operator who replaces the secret, or an endpoint that was not reachable, loses no notification', async () => {
  const ada = user('ada');
  await using world = await createWorld({
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    limits: 'off',
    prepare: ({ cloud }) => {
      cloud.directory.faults.handshake = 'timeout';
    },
  });
  const { directory } = world.cloud;
  await world.initialCycle();
  expect(await subscriptions(world)).toEqual([]);
  await expectHeard(world, ada.id, 'found by the poll', 'poll');
  directory.faults.handshake = 'answered';
  await world.eventually('both are subscribed to', async () => (await subscriptions(world)).length === 2);
  await expectHeard(world, ada.id, 'told', 'notification');
  const before = (await subscriptions(world)).map(({ id }) => id);

  // A deployment with a new secret. What is told in between is signed with the one before.
  const [worker] = world.workers;
  await world.drained({ laterLooks: true });
  await world.idle((65_000 - (Date.now() % MINUTE)) % MINUTE);
  directory.faults.notifications = { hold: true };
  directory.store.update(ada.id, { displayName: 'told in between' });
  await worker?.kill();
  const { NOTIFICATION_CLIENT_STATE: old = '' } = world.settings;
  const secrets = {
    NOTIFICATION_CLIENT_STATE: 'a-secret-that-nobody-knew-before',
    NOTIFICATION_CLIENT_STATE_PREVIOUS: old,
  };
  const logs = world.logs.length;
  await world.start(worker?.functions ?? [], secrets);
  directory.faults.notifications = {};
  directory.faults.releaseHeld();
  await world.until('what was told in between is heard', () =>
    world.logs.slice(logs).some(line => line.includes('applied') && line.includes('cause=notification')),
  );
  await world.eventually('both are replaced', async () => {
    const ids = (await subscriptions(world)).map(({ id }) => id);
    return ids.length === 2 && ids.every(id => !before.includes(id));
  });
  await expectHeard(world, ada.id, 'told after it', 'notification');
  const logged = world.logs.join('\n');
  expect(logged).not.toContain('notifications-dropped');
  for (const secret of [old, secrets.NOTIFICATION_CLIENT_STATE]) expect(logged).not.toContain(secret);
});

/** A change of a user's name arrives, and is said to have been heard of in that way. */
async function expectHeard(
  world: World,
  id: string,
  displayName: string,
  cause: 'notification' | 'poll',
): Promise<void> {
  await world.drained({ laterLooks: true });
  // Early in a minute, so that the poll is not the faster one by chance.
  await world.idle((65_000 - (Date.now() % MINUTE)) % MINUTE);
  const before = world.logs.length;
  world.cloud.directory.store.update(id, { displayName });
  const { store } = world.cloud.databricks;
  await world.until('the new name arrived', () =>
    store.users.some(found => found.displayName === displayName),
  );
  await world.until('its cause is logged', () =>
    world.logs.slice(before).some(line => line.includes('applied') && line.includes(`cause=${cause}`)),
  );
}

async function subscriptions({ cloud }: World): Promise<Subscription[]> {
  const response = await fetch(`${cloud.directory.url}/v1.0/subscriptions`, {
    headers: { Authorization: `Bearer ${cloud.operatorToken}` },
  });
  return ((await response.json()) as { value: Subscription[] }).value;
}

interface Subscription {
  readonly id: string;
  readonly resource: string;
  readonly expirationDateTime: string;
}
