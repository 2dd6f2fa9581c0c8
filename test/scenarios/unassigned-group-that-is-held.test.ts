import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('members of a group that was never written lose their accounts when its assignment ends', async () => {
  const [ada, eve] = [user('ada'), user('eve')];
  const [first, second] = [group('team', [ada.id]), group('team', [eve.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, eve], groups: [first, second], assigned: [first.id, second.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const held = (await openHolds(world)).map(({ hold }) => hold.split(':')[1]);
  expect(held).toHaveLength(1);
  const [alias, doomed] = held[0] === first.id ? ['ada', first] : ['eve', second];
  expect(databricks.store.user(`${alias}@contoso.com`)?.active).toBe(true);

  // No record of ours tells who its members are.
  directory.store.unassign(directory.store.truth.assignmentsOf(doomed.id)[0]?.id ?? '');
  await world.eventually(
    'the account is off',
    () => databricks.store.user(`${alias}@contoso.com`)?.active === false,
    10 * 60_000,
  );
  await expectConverged(world);
});
