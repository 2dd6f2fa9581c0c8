import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a hidden membership anywhere in the nesting reads as empty, and takes nothing away', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const inner = { ...group('inner', [bob.id]), visibility: 'Private' };
  const outer = group('outer', [ada.id, inner.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [inner, outer], assigned: [outer.id, inner.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com', 'bob@contoso.com']);

  const wrong = writesFromNow(world);
  directory.store.update(inner.id, { visibility: 'HiddenMembership' });
  directory.store.update(bob.id, { jobTitle: 'touched' });
  await world.drained({ laterLooks: true });
  await world.idle(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(wrong.paths()).toEqual([]);
  expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(store.user('bob@contoso.com')?.active).toBe(true);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(
    [
      `hidden-membership group:${inner.id}`,
      `hidden-membership group:${outer.id}`,
      `hidden-membership user:${bob.id}`,
    ].sort(),
  );

  // Each is looked at again and again, and told once.
  expect(world.logs.filter(line => line.startsWith('warning: held '))).toHaveLength(3);

  // Disabled needs one read, hidden or not.
  directory.store.update(bob.id, { accountEnabled: false });
  await world.eventually('bob is off', () => store.user('bob@contoso.com')?.active === false);
  directory.store.update(bob.id, { accountEnabled: true });
  directory.store.update(inner.id, { visibility: 'Private' });
  await world.eventually('bob is on', () => store.user('bob@contoso.com')?.active === true);
  await expectConverged(world);
  expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(await openHolds(world)).toEqual([]);
});
