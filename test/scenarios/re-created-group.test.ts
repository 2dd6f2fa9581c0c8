import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a group that is created anew under the name of a deleted one does not get its resource, nor its permissions', async () => {
  const [ada, eve] = [user('ada'), user('eve')];
  const [payroll, team] = [group('Payroll', [ada.id]), group('team', [ada.id, eve.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, eve], groups: [payroll, team], assigned: [payroll.id, team.id] }),
    limits: 'off',
    // A suffix is for groups that live side by side: it must not be a way around the question whose the name is.
    config: { lifecycle: { groupNameConflict: 'suffix' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const original = store.group('payroll')?.id ?? '';
  // Somebody granted it what only the original is to have.
  store.change('Groups', original, { roles: new Set(['billing_admin']) });

  directory.store.delete(payroll.id);
  await world.eventually('nobody is in it', () => memberNames(world, 'payroll')?.length === 0);
  await world.drained({ laterLooks: true });
  const live = writesFromNow(world);
  const impostor = directory.store.addGroup(group('ＰＡＹＲＯＬＬ ', [eve.id]));
  directory.store.assign({ principalId: impostor.id, resourceId: APPLICATION });
  await world.eventually('it is held', async () => (await openHolds(world)).length > 0);
  await world.drained({ laterLooks: true });
  const held = [{ hold: `identity-re-use group:${impostor.id}`, ids: [payroll.id] }];
  expect(await openHolds(world)).toEqual(held);
  const [hold] = await world.state.holds.list(world.target);
  await world.state.holds.approve(world.target, hold?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });

  // For good, and touched again: still nobody's.
  directory.store.purge(payroll.id);
  directory.store.update(impostor.id, { description: 'touched' });
  await world.drained({ laterLooks: true });
  await expectConverged(world);
  expect(live.paths()).toEqual([]);
  expect(store.find(original)).toMatchObject({ externalId: payroll.id, displayName: 'Payroll' });
  expect(memberNames(world, 'payroll')).toEqual([]);
  expect(store.groups).toHaveLength(2);
  expect(await openHolds(world)).toEqual(held);

  // Under a name of its own it comes.
  directory.store.update(impostor.id, { displayName: 'Payroll 2' });
  await world.eventually('it is there', () => memberNames(world, 'payroll 2')?.length === 1);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});
