import { expect, test } from 'vitest';
import { march, scimIdOf, writes } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS } from '../harness/world.ts';

/** How long a lease lasts that is not renewed, and how much of it must be left when a write starts. */
const LEASE_MS = 30_000;
const WRITE_MS = 15_000;

test('an owner that lost its lease starts no write any more, and a late one of his does not stay', async () => {
  const people = [user('ada'), user('bob'), user('carol'), user('dave')] as const;
  const [ada, bob, carol, dave] = people;
  await using world = await createWorld({
    seed: tenant({ users: people, assigned: people.map(({ id }) => id) }),
    limits: 'off',
    workers: [FEEDS],
  });
  const { broker, directory, databricks } = world.cloud;
  const { store } = databricks;
  const door = await world.storageDoor();
  // The first one writes with the SCIM token, the second one by its identity: that tells their writes apart.
  const first = await world.start(APPLY, { AzureWebJobsStorage: door.connectionString });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const nameOf = (alias: string): string | undefined => store.user(`${alias}@contoso.com`)?.displayName;
  const ofFirst = ({ principalOfWriter }: { principalOfWriter?: string }): boolean =>
    principalOfWriter === undefined;

  // The first owner is writing to ada, and reading bob and dave, when it loses touch with its lease.
  const late = Promise.withResolvers<void>();
  let writing = false;
  const adaInTarget = `/Users/${scimIdOf(world, 'ada')}`;
  databricks.gate = ({ method, path }) => {
    if (writing || method !== 'PATCH' || path !== adaInTarget) return;
    writing = true;
    return late.promise;
  };
  const slow = { [bob.id]: Promise.withResolvers<void>(), [dave.id]: Promise.withResolvers<void>() };
  const reading = new Set<string>();
  directory.faults.gate = ({ path }) => {
    const id = Object.keys(slow).find(one => path.includes(`/users/${one}`) && !reading.has(one));
    if (id === undefined) return;
    reading.add(id);
    return slow[id]?.promise;
  };
  directory.store.update(ada.id, { displayName: 'Ada 1' });
  directory.store.update(bob.id, { displayName: 'Bob 1' });
  directory.store.update(dave.id, { displayName: 'Dave 1' });
  await march(world, 'all are under way', () => writing && reading.size === 2);
  door.rules.push({
    service: 'table',
    method: /PUT|POST|MERGE|PATCH/,
    path: /^\/ProvisioningLeases/,
    action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' },
  });
  const cutOffAt = Date.now();
  const epochs = (): number[] =>
    world.logs.flatMap(line => /^lease-acquired .* epoch=(\d+)/.exec(line)?.[1] ?? []).map(Number);
  const epochBefore = epochs().at(-1) ?? 0;

  // Its lease still lasts for ten seconds: too short for a write, so bob is handed on.
  world.clock.advance(LEASE_MS - 10_000);
  const copies: string[] = [];
  broker.gate = ({ kind, messageId }) => {
    if (kind === 'send' && messageId.includes('|o')) copies.push(messageId);
  };
  slow[bob.id]?.resolve();
  await march(world, 'bob is handed on', () => copies.some(id => id.includes('|o1')), 1);
  expect(nameOf('bob')).toBe('bob');

  // The lease runs out, and another instance takes the target.
  world.clock.advance(10_000);
  // Before it starts: until then its look at ada would rightly find what the first one is about to write.
  directory.store.update(ada.id, { displayName: 'Ada 2' });
  directory.store.update(carol.id, { displayName: 'Carol 2' });
  await world.start(APPLY, { DATABRICKS_SCIM_TOKEN: '' });
  // Until then either instance may get a message; the first one can do no more than put it off.
  await march(
    world,
    'the second instance has written',
    () => nameOf('ada') === 'Ada 2' && nameOf('carol') === 'Carol 2',
  );
  expect(epochs().at(-1)).toBe(epochBefore + 1);

  // The first one wakes up: its write arrives at last, and it now knows what to write for dave.
  slow[dave.id]?.resolve();
  late.resolve();
  await march(world, 'the late write arrives', () => nameOf('ada') === 'Ada 1', 1);
  await world.until(
    'bob and dave are renamed',
    () => nameOf('bob') === 'Bob 1' && nameOf('dave') === 'Dave 1',
  );
  // Otherwise it would own the target again as soon as the second one is idle.
  await first.stop();
  await world.eventually('ada is as she should be', () => nameOf('ada') === 'Ada 2', 180_000);
  await world.drained({ laterLooks: true });

  expect(['ada', 'bob', 'carol', 'dave'].map(nameOf)).toEqual(['Ada 2', 'Bob 1', 'Carol 2', 'Dave 1']);
  const afterwards = writes(world).filter(({ at }) => at >= cutOffAt);
  expect(afterwards.filter(write => ofFirst(write) && write.at >= cutOffAt + LEASE_MS - WRITE_MS)).toEqual(
    [],
  );
  // Whoever was in doubt is written again until the old intent is settled, but never as anything else.
  const wanted = { ada: 'Ada 2', bob: 'Bob 1', carol: 'Carol 2', dave: 'Dave 1' };
  for (const [alias, name] of Object.entries(wanted)) {
    const bodies = afterwards
      .filter(({ path }) => path === `/Users/${scimIdOf(world, alias)}`)
      // While its lease lasted the first one may have sent again what took too long.
      .filter(write => !ofFirst(write) || write.at >= cutOffAt + LEASE_MS - WRITE_MS)
      .map(({ body }) => JSON.stringify(body));
    expect(bodies.length).toBeGreaterThan(0);
    expect(bodies.filter(body => !body.includes(name))).toEqual([]);
  }
  await world.fire('poll-directory');
  await world.pass(5_000);
  await world.drained({ laterLooks: true });
  expect(writes(world).filter(({ at }) => at >= cutOffAt)).toHaveLength(afterwards.length);
  expect(await world.deadLetters()).toEqual([]);
});
