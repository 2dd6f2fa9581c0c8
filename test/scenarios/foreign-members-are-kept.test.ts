import { expect, test } from 'vitest';
import { audit, expectConverged, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('members that Entra does not have stay in an adopted group, and in one of ours', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
    prepare: ({ cloud: { databricks } }) => {
      const local = databricks.store.add({ type: 'Users', userName: 'local@contoso.com' });
      databricks.store.add({ type: 'Groups', displayName: 'team', externalId: team.id, members: [local.id] });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com', 'local@contoso.com']);

  // Somebody adds another one by hand later, then the group changes and an audit runs.
  const late = store.add({ type: 'Users', userName: 'late@contoso.com' });
  const present = store.group('team');
  store.change('Groups', present?.id ?? '', { members: new Set([...(present?.members ?? []), late.id]) });
  const removal = writesFromNow(world);
  directory.store.removeMember(team.id, bob.id);
  await world.drained({ laterLooks: true });
  await world.idle(125_000);
  await audit(world);
  const left = ['ada@contoso.com', 'late@contoso.com', 'local@contoso.com'];
  expect(memberNames(world, 'team')).toEqual(left);
  expect(removal.records().filter(({ path }) => path.startsWith('/Groups'))).toHaveLength(1);

  // Even the end of the whole group takes away only what we gave.
  directory.store.unassign(directory.store.truth.assignmentsOf(team.id)[0]?.id ?? '');
  await world.eventually('ada is out', () => !memberNames(world, 'team')?.includes('ada@contoso.com'));
  await expectConverged(world);
  expect(memberNames(world, 'team')).toEqual(['late@contoso.com', 'local@contoso.com']);
  for (const name of ['late@contoso.com', 'local@contoso.com']) expect(store.user(name)?.active).toBe(true);
});
