import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('members of a group that was filtered out, and is empty for that, lose their accounts when its assignment ends', async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  const notNamedOps = [{ attribute: 'displayName', operator: 'NOT EQUALS', value: 'ops' }];
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
    config: { scope: { filters: { groups: [notNamedOps] } } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  directory.store.update(team.id, { displayName: 'ops' });
  await world.eventually('the group is empty', () => store.group('team')?.members.size === 0);
  await world.drained({ laterLooks: true });
  // Still entitled by the assignment: the filter is about the group alone.
  expect(store.user('ada@contoso.com')?.active).toBe(true);

  directory.store.unassign(directory.store.truth.assignmentsOf(team.id)[0]?.id ?? '');
  await world.eventually('she is off', () => store.user('ada@contoso.com')?.active === false, 40 * 60_000);
  await expectConverged(world);
});
