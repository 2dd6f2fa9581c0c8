import { expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/local/databricks/token-bucket.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a target that throttles below its published limits loses nothing and is asked again no earlier than it says', async () => {
  const people = users(8);
  const ids = people.map(({ id }) => id);
  const [all, half] = [group('all', ids), group('half', ids.slice(0, 4))];
  await using world = await createWorld({
    seed: tenant({ users: people, groups: [all, half], assigned: [all.id, half.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;

  // Lower than what we pace ourselves to, and saying how long to wait.
  databricks.limits = { get: 5, list: 1, write: 1, patch: 0.4, retryAfter: 'seconds' };
  await world.initialCycle();
  await world.until(
    'both groups are complete',
    () => memberNames(world, 'all')?.length === 8 && memberNames(world, 'half')?.length === 4,
  );
  expect(databricks.throttled).toBeGreaterThan(0);
  const throttledAtFirst = databricks.throttled;

  // Without a word about how long.
  databricks.limits = { get: 5, list: 1, write: 1, patch: 0.4, retryAfter: 'none' };
  for (const { id } of people.slice(0, 5)) directory.store.update(id, { displayName: 'renamed' });
  directory.store.update(ids[7] ?? '', { accountEnabled: false });
  directory.store.removeMember(half.id, ids[0] ?? '');
  await world.eventually(
    'all changes are applied',
    () =>
      store.users.filter(({ displayName }) => displayName === 'renamed').length === 5 &&
      store.user('user7@contoso.com')?.active === false &&
      memberNames(world, 'half')?.length === 3,
    300_000,
  );
  expect(databricks.throttled).toBeGreaterThan(throttledAtFirst);

  // Half a minute's pause for everything, also within the published limits.
  databricks.limits = { ...DEFAULT_LIMITS };
  await world.drained({ laterLooks: true });
  const begin = Date.now();
  databricks.faults = [{ method: 'PATCH', status: 429, headers: { 'retry-after': '30' }, times: 4 }];
  for (const { id } of people.slice(0, 3)) directory.store.update(id, { displayName: 'again' });
  directory.store.addMember(half.id, ids[6] ?? '');
  await world.eventually(
    'the paused changes are applied',
    () =>
      store.users.filter(({ displayName }) => displayName === 'again').length === 3 &&
      memberNames(world, 'half')?.length === 4,
    300_000,
  );
  const patches = writes(world).filter(({ at }) => at >= begin);
  const refused = patches.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(4);
  for (const { path, at } of refused) {
    const next = patches.find(later => later.path === path && later.at > at);
    expect((next?.at ?? 0) - at).toBeGreaterThanOrEqual(30_000);
  }

  await world.drained({ laterLooks: true });
  const settled = writes(world).length;
  await world.pass(5_000);
  expect(writes(world)).toHaveLength(settled);
  // A refused request was not applied: every success is one that was needed.
  expect(writes(world).filter(({ method, status }) => method === 'POST' && status === 201)).toHaveLength(10);
  expect(writes(world).filter(({ status }) => status >= 400 && status !== 429)).toEqual([]);
  expect(store.users).toHaveLength(8);
  expect(memberNames(world, 'all')).toHaveLength(8);
  expect(memberNames(world, 'half')).toEqual(
    ['user1', 'user2', 'user3', 'user6'].map(alias => `${alias}@contoso.com`),
  );
  expect(await world.deadLetters()).toEqual([]);
  expect(await world.state.targets.failures(world.target)).toEqual([]);
});
