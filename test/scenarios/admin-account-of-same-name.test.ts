import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('an account administrator of the same name is refused, also where a person approves it', async () => {
  const [ada, root] = [user('ada'), user('root')];
  await using world = await createWorld({
    seed: tenant({ users: [ada, root], assigned: [ada.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const admin = store.add({ type: 'Users', userName: 'Root@contoso.com', roles: ['account_admin'] });

  const live = writesFromNow(world);
  directory.store.assign({
    principalId: root.id,
    resourceId: world.settings.ENTRA_APPLICATION_OBJECT_ID ?? '',
  });
  await world.eventually('it is held', async () => (await openHolds(world)).length === 1);
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toEqual([{ hold: `refused-adoption user:${root.id}`, ids: [admin.id] }]);
  const [hold] = await world.state.holds.list(world.target);
  await world.state.holds.approve(world.target, hold?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });

  // Neither his attributes nor his dismissal reach the account.
  directory.store.update(root.id, { displayName: 'renamed' });
  await world.drained({ laterLooks: true });
  directory.store.update(root.id, { accountEnabled: false });
  await world.drained({ laterLooks: true });
  expect(live.records().filter(({ status }) => status < 400)).toEqual([]);
  expect(store.user('root@contoso.com')).toEqual(admin);
  expect(store.users).toHaveLength(2);
  await expectConverged(world);
});
