import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('an account that somebody else switched off in the target stays off, whatever changes', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const adaId = scimIdOf(world, 'ada');

  // Before any audit saw it: her name is written, her state is not.
  const changes = writesFromNow(world);
  store.change('Users', adaId, { active: false });
  directory.store.update(ada.id, { displayName: 'Ada Lovelace' });
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')).toMatchObject({ active: false, displayName: 'Ada Lovelace' });

  // The audit reports it, and lets go of the account.
  await world.idle(125_000);
  await audit(world);
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`deleted-in-target user:${ada.id}`]);
  directory.store.update(ada.id, { displayName: 'Ada Byron' });
  directory.store.update(team.id, { description: 'touched' });
  await world.drained({ laterLooks: true });
  directory.store.update(ada.id, { accountEnabled: false });
  await world.drained({ laterLooks: true });
  directory.store.update(ada.id, { accountEnabled: true });
  await expectConverged(world);
  expect(changes.paths()).toEqual([`PATCH /Users/${adaId}`]);
  expect(store.user('ada@contoso.com')).toMatchObject({ active: false, displayName: 'Ada Lovelace' });
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`deleted-in-target user:${ada.id}`]);
  expect(memberNames(world, 'team')).toContain('bob@contoso.com');

  // Switched on again by hand, and somebody who leaves before anything of ours has seen that: off.
  store.change('Users', adaId, { active: true });
  await world.idle(61_000);
  directory.store.update(ada.id, { accountEnabled: false });
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')).toMatchObject({ active: false });
  expect(await openHolds(world)).toEqual([]);
  await expectConverged(world);

  // Bob's account, the same way, while no feed tells of him: the audit lets go of it, and finds it again.
  const bobId = scimIdOf(world, 'bob');
  store.change('Users', bobId, { active: false });
  await world.idle(125_000);
  await audit(world);
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`deleted-in-target user:${bob.id}`]);
  store.change('Users', bobId, { active: true });
  await world.idle(61_000);
  await audit(world);
  expect(await openHolds(world)).toEqual([]);
  directory.store.update(bob.id, { displayName: 'Bob Kahn' });
  await world.drained({ laterLooks: true });
  expect(store.user('bob@contoso.com')).toMatchObject({ active: true, displayName: 'Bob Kahn' });
  expect(await world.deadLetters()).toEqual([]);
});
