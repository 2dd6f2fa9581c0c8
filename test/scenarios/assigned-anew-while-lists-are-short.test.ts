import { expect, test } from 'vitest';
import { audit, expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** The list of all assignments lost its last page; what a principal itself is assigned to is as it is. */
const LIST = /appRoleAssignedTo/;

test('a group that is assigned anew, with another role say, keeps its members while the list does not show it', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { faults, store } = world.cloud.directory;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const wrong = writesFromNow(world);
  faults.truncateLists = LIST;
  for (const { id } of assignmentsOf(world, team.id)) store.unassign(id);
  store.assign({ principalId: team.id, resourceId: APPLICATION });
  await world.idle(2 * 60_000);
  for (const { id } of [ada, bob, team]) store.update(id, { description: 'touched', jobTitle: 'touched' });
  await world.idle(2 * 60_000);
  await audit(world);
  expect(takingAway(wrong.records())).toEqual([]);
  expect(memberNames(world, 'team')).toHaveLength(2);

  // And loses them once it is not assigned any more, whatever the list leaves out.
  for (const { id } of assignmentsOf(world, team.id)) store.unassign(id);
  await world.eventually('the group is empty', () => memberNames(world, 'team')?.length === 0, 600_000);
  faults.truncateLists = false;
  await expectConverged(world);
});

test.each([
  ['the list does not show it', LIST],
  ['the list of his groups is empty', /[mM]emberOf/],
])('somebody who moves to a group that was assigned a moment ago stays while %s', async (_, list) => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [old, next] = [group('old', [ada.id, bob.id]), group('next')];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [old, next], assigned: [old.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { faults, store } = directory;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  faults.truncateLists = list;
  store.assign({ principalId: next.id, resourceId: APPLICATION });
  store.addMember(next.id, ada.id);
  store.removeMember(old.id, ada.id);
  await world.eventually('she is out of the old group', () => memberNames(world, 'old')?.length === 1);
  await world.idle(2 * 60_000);
  expect(databricks.store.user('ada@contoso.com')?.active).toBe(true);
  faults.truncateLists = false;
  await world.eventually('she is in the new group', () => memberNames(world, 'next')?.length === 1, 600_000);
  await expectConverged(world);
});

test('somebody who is assigned himself instead of his group stays while his own list does not show it', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { faults, store } = directory;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  faults.truncateLists = /\/users\/[^/]+\/appRoleAssignments/;
  store.assign({ principalId: ada.id, resourceId: APPLICATION });
  store.removeMember(team.id, ada.id);
  await world.eventually('she is out of the group', () => memberNames(world, 'team')?.length === 1);
  await world.idle(2 * 60_000);
  expect(databricks.store.user('ada@contoso.com')?.active).toBe(true);
  faults.truncateLists = false;
  await expectConverged(world);
});

function assignmentsOf(world: World, principalId: string): { id: string }[] {
  return world.cloud.directory.store.truth
    .assignmentsTo(APPLICATION)
    .filter(each => each.principalId === principalId);
}
