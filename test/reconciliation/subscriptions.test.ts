import { expect, test, vi } from 'vitest';
import { SECRET, startKeeper } from './subscription-keeper.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('users and groups are subscribed to once, however many do it at the same time', async () => {
  const world = await startKeeper();
  const { keeper } = world;
  const kept = await Promise.all([keeper().keep(), keeper().keep(), keeper().keep()]);
  expect(kept.map(({ created }) => created).toSorted()).toEqual([0, 0, 2]);
  expect(await keeper().keep()).toEqual({ created: 0, renewed: 0 });
  expect(await world.ids()).toHaveLength(2);
  expect(world.creations).toBe(2);
});

test('a subscription is renewed when half of its life is over, and is the same one then', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const before = await world.ids();
  world.clock.advance(13 * DAY);
  expect(await world.keeper().keepIfDue()).toEqual({ created: 0, renewed: 0 });
  world.clock.advance(2 * DAY);
  expect(await world.keeper().keepIfDue()).toEqual({ created: 0, renewed: 2 });
  world.clock.advance(25 * DAY);
  expect(await world.ids()).toEqual(before);
});

test('Graph is asked for its subscriptions every ten minutes, and at once when it said that one is gone', async () => {
  const world = await startKeeper();
  const keeper = world.keeper();
  await keeper.keepIfDue();
  const { requests } = world.local;
  world.clock.advance(9 * MINUTE);
  await keeper.keepIfDue();
  expect(world.local.requests).toBe(requests);
  world.local.loseSubscriptions('removed');
  await keeper.requestCheck();
  expect(await keeper.keepIfDue()).toEqual({ created: 2, renewed: 0 });
  const afterwards = world.local.requests;
  await keeper.keepIfDue();
  expect(world.local.requests).toBe(afterwards);
  world.clock.advance(11 * MINUTE);
  await keeper.keepIfDue();
  expect(world.local.requests).toBeGreaterThan(afterwards);
});

test('how long each subscription lives is said once a day, as Graph shows it', async () => {
  const world = await startKeeper();
  const said = () => world.events('subscription-state').map(line => line.replace(/expiresAt=\S+ /, ''));
  // From noon on, so that hours do not end the day.
  world.clock.advance(1.5 * DAY - (Date.now() % DAY));
  for (let check = 0; check < 6; check += 1) {
    await world.keeper().keep();
    world.clock.advance(HOUR);
  }
  expect(said()).toEqual(
    ['users', 'groups'].map(name => `subscription-state resource=${name} hoursLeft=671`),
  );
  expect(world.events('subscription-state')[0]).toMatch(/ expiresAt=\d{4}-\d\d-\d\dT\S+Z /);
  world.local.loseSubscriptions('removed');
  world.local.faults.handshake = 'timeout';
  world.clock.advance(DAY);
  await world.keeper().keep();
  expect(said().slice(2)).toEqual(
    ['users', 'groups'].map(name => `subscription-state resource=${name} hoursLeft=0`),
  );
});

test('a subscription that is gone is created anew, with one alert and another client state', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const first = await world.nextClientState();
  world.local.loseSubscriptions('removed');
  // The endpoint cannot be reached at first: still one alert for what was lost.
  world.local.faults.handshake = 'timeout';
  await world.keeper().keep();
  world.clock.advance(5 * MINUTE);
  await world.keeper().keep();
  world.local.faults.handshake = 'answered';
  world.clock.advance(HOUR);
  await world.keeper().keep();
  expect(await world.ids()).toHaveLength(2);
  expect(world.events('subscription-lost')).toHaveLength(2);
  expect(world.events('subscription-lost')[0]).toContain('resource=users need=gone');
  expect(await world.nextClientState()).not.toBe(first);
});

test('a creation whose handshake times out is tried again at growing intervals, with one event, and no storm', async () => {
  const world = await startKeeper();
  world.local.faults.handshake = 'timeout';
  const keeper = world.keeper();
  // A cycle and the timer, every minute of four hours.
  for (let minute = 0; minute < 240; minute += 1) {
    await keeper.keepIfDue();
    if (minute % 30 === 0) await keeper.keep();
    world.clock.advance(MINUTE);
  }
  // 1, 2, 4, ... 60 minutes for each of the two, and a first try.
  expect(world.creations).toBeGreaterThanOrEqual(2 * 7);
  expect(world.creations).toBeLessThanOrEqual(2 * 10);
  expect(world.events('subscription-not-created')).toHaveLength(2);
  expect(world.events('subscription-not-created')[0]).toContain('400');
  expect(world.events('subscription-lost')).toEqual([]);
  world.local.faults.handshake = 'answered';
  world.clock.advance(HOUR);
  expect(await keeper.keepIfDue()).toEqual({ created: 2, renewed: 0 });
  // What failed before does not delay the next time.
  world.local.loseSubscriptions('removed');
  await keeper.requestCheck();
  expect(await keeper.keepIfDue()).toEqual({ created: 2, renewed: 0 });
});

test('a subscription of ours whose client state nobody knows, of a lost answer say, is replaced', async () => {
  const world = await startKeeper();
  const unknown = { resource: '/users', notificationUrl: world.subscriber.url, clientState: 'nobody knows' };
  await world.directory.createSubscription({ ...unknown, expiresAt: Date.now() + DAY });
  await world.keeper().keep();
  expect(await world.ids()).toHaveLength(2);
  expect(world.accepted().accepts(await world.nextClientState())).toBe(true);
  expect(world.events('subscription-lost')).toEqual([]);
});

test('a subscription of somebody else is left alone, and said once', async () => {
  const world = await startKeeper();
  const elsewhere = world.subscriber.url.replace('notify', 'another');
  const other = { resource: '/users', notificationUrl: elsewhere, clientState: 's' };
  await world.directory.createSubscription({ ...other, expiresAt: Date.now() + DAY });
  for (let i = 0; i < 3; i += 1) {
    await world.keeper().keep();
    world.clock.advance(HOUR);
  }
  const present = await world.directory.listSubscriptions();
  expect(present.filter(({ notificationUrl }) => notificationUrl === elsewhere)).toHaveLength(1);
  expect(world.events('subscription-not-created')).toEqual([expect.stringContaining('resource=users')]);
});

test('polls that find what nobody was notified of, for an hour, have the silent subscription replaced, with one alert', async () => {
  const world = await startKeeper();
  const { watch, clock } = world;
  await world.keeper().keep();
  const before = await world.ids();
  world.local.loseSubscriptions('silent');
  const poll = async (): Promise<void> => {
    await watch.pollFound('user');
    await watch.pollFound('servicePrincipal');
    await world.keeper().keep();
  };
  // What was changed before it was created may show for a while.
  await poll();
  clock.advance(16 * MINUTE);
  await poll();
  clock.advance(30 * MINUTE);
  await poll();
  expect(await world.ids()).toEqual(before);
  clock.advance(31 * MINUTE);
  await world.keeper().keep();
  expect(world.events('subscription-lost')).toEqual([expect.stringContaining('resource=users need=silent')]);
  const after = await world.ids();
  expect(after).toHaveLength(2);
  expect(after.filter(id => !before.includes(id))).toHaveLength(1);
  await world.nextClientState();

  // When a new one does not help, the next comes later and later, and nobody is alarmed again.
  let recreated = 0;
  for (let minutes = 0; minutes < 24 * 60; minutes += 10) {
    clock.advance(10 * MINUTE);
    await watch.pollFound('user');
    recreated += (await world.keeper().keep()).created;
  }
  expect(recreated).toBeGreaterThanOrEqual(2);
  expect(recreated).toBeLessThanOrEqual(5);
  expect(world.events('subscription-lost')).toHaveLength(1);
});

test('one change of which no notification told, or a notification now and then, is no lost subscription', async () => {
  const world = await startKeeper();
  const { watch, clock, state } = world;
  await world.keeper().keep();
  const before = await world.ids();
  clock.advance(DAY);
  await watch.pollFound('user');
  clock.advance(2 * DAY);
  await world.keeper().keep();
  expect(await world.ids()).toEqual(before);
  // Every change is found, and each one in six told of.
  for (let i = 0; i < 30; i += 1) {
    clock.advance(10 * MINUTE);
    if (i % 6 === 0) await state.subscriptions.noteHeard('users', Date.now());
    await watch.pollFound('user');
    await watch.pollFound('group');
    if (i % 4 === 0) await state.subscriptions.noteHeard('groups', Date.now());
    await world.keeper().keep();
  }
  expect(await world.ids()).toEqual(before);
  expect(world.events('subscription-lost')).toEqual([]);
});

test('another secret has both subscriptions replaced, and no notification is refused on the way', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const old = await world.nextClientState();
  const next = 'fedcba9876543210';
  const webhook = world.accepted(next, SECRET);
  expect(webhook.accepts(old)).toBe(true);
  expect(await world.keeper(next, SECRET).keep()).toEqual({ created: 2, renewed: 0 });
  const fresh = await world.nextClientState();
  expect(fresh).not.toBe(old);
  expect([webhook.accepts(old), webhook.accepts(fresh)]).toEqual([true, true]);
  // Without the one before, only what is signed with the new one counts.
  const without = world.accepted(next);
  expect([without.accepts(old), without.accepts(fresh)]).toEqual([false, true]);
  expect(await world.keeper(next).keep()).toEqual({ created: 0, renewed: 0 });
  expect(world.events('subscription-lost')).toEqual([]);
});

test('another address has both subscriptions replaced at once', async () => {
  const world = await startKeeper();
  await world.keeper().keepIfDue();
  const moved = world.moved('&slot=2');
  expect(await moved.keepIfDue()).toEqual({ created: 2, renewed: 0 });
  expect(await moved.keepIfDue()).toEqual({ created: 0, renewed: 0 });
  const present = await world.directory.listSubscriptions();
  expect(present.map(({ notificationUrl }) => notificationUrl.endsWith('slot=2'))).toEqual([true, true]);
});

test('the client state of a subscription that is gone is accepted for as long as Graph may deliver, and then refused', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const old = await world.nextClientState();
  world.local.loseSubscriptions('removed');
  await world.keeper().keep();
  const fresh = await world.nextClientState();
  const webhook = world.accepted();
  const settled = async (): Promise<boolean[]> => {
    webhook.accepts(fresh);
    // It reads in the background.
    await new Promise(resolve => setTimeout(resolve, 200));
    return [webhook.accepts(old), webhook.accepts(fresh)];
  };
  expect(await settled()).toEqual([true, true]);
  world.clock.advance(4 * HOUR);
  expect(await settled()).toEqual([true, true]);
  world.clock.advance(61 * MINUTE);
  expect(await settled()).toEqual([false, true]);
});

test('storage that is out of reach has no notification refused, and is asked rarely', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const signed = await world.nextClientState();
  const webhook = world.accepted();
  world.storage.rules.push({ action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' } });
  const before = world.storage.requests;
  // Strangers have nothing read at all.
  for (let i = 0; i < 50; i += 1) expect(webhook.accepts(`users.abc.${'x'.repeat(43)}`)).toBe(false);
  for (let i = 0; i < 50; i += 1) expect(webhook.accepts(signed)).toBe(true);
  await vi.waitFor(() => expect(world.events('subscriptions-not-read')).toHaveLength(1));
  for (let i = 0; i < 50; i += 1) expect(webhook.accepts(signed)).toBe(true);
  expect(world.storage.requests - before).toBe(1);
  world.clock.advance(6_000);
  expect(webhook.accepts(signed)).toBe(true);
  await vi.waitFor(() => expect(world.storage.requests - before).toBe(2));
});

test('no secret is stored', async () => {
  const world = await startKeeper();
  await world.keeper().keep();
  const signed = await world.nextClientState();
  const stored = JSON.stringify([
    await world.state.subscriptions.read('users'),
    await world.state.subscriptions.read('groups'),
  ]);
  expect(stored).not.toContain(SECRET);
  expect(stored).not.toContain(signed.split('.').at(-1));
});
