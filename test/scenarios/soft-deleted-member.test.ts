import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { memberNames, scimIdOf, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a member in the recycle bin loses account and memberships, and a restore brings both back', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const inner = group('inner', [ada.id]);
  const [team, outer] = [group('team', [ada.id, bob.id]), group('outer', [inner.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [inner, team, outer], assigned: [team.id, outer.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const adaId = scimIdOf(world, 'ada');

  directory.store.delete(ada.id);
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')?.active).toBe(false);
  expect(memberNames(world, 'team')).toEqual(['bob@contoso.com']);
  expect(memberNames(world, 'outer')).toEqual([]);

  await world.idle(10 * 60_000);
  directory.store.restore(ada.id);
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')).toMatchObject({ id: adaId, active: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com']);
  await expectConverged(world);
  expect(writes(world).filter(({ method, path }) => method === 'POST' && path === '/Users')).toHaveLength(2);
  expect(writes(world).filter(({ method }) => method === 'DELETE')).toEqual([]);
});
