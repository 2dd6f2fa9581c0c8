import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a group that hid its members and is no longer assigned keeps nobody in: neither them nor anybody else', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const secret = group('secret', [bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [secret], assigned: [secret.id, ada.id, eve.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const unassign = (id: string) =>
    directory.store.unassign(directory.store.truth.assignmentsOf(id)[0]?.id ?? '');
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  directory.store.update(secret.id, { visibility: 'HiddenMembership' });
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toEqual([{ hold: `hidden-membership group:${secret.id}`, ids: [] }]);

  unassign(secret.id);
  await world.eventually('bob is off', () => store.user('bob@contoso.com')?.active === false);
  expect(memberNames(world, 'secret')).toEqual([]);
  unassign(ada.id);
  await world.eventually('ada is off', () => store.user('ada@contoso.com')?.active === false);
  await expectConverged(world);
  expect(store.user('eve@contoso.com')?.active).toBe(true);
  expect(await openHolds(world)).toEqual([]);
});
