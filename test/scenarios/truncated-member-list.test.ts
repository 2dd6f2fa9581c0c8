import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a member list that lost its last page removes nobody: each absence needs the member to agree', async () => {
  const people = users(4);
  const leaver = user('leaver');
  const team = group('team', [...people.map(({ id }) => id), leaver.id]);
  await using world = await createWorld({
    seed: tenant({ users: [...people, leaver], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  // These lists read as empty, with status 200: the members of the group, and the groups of each member.
  const wrong = writesFromNow(world);
  directory.faults.truncateLists = /transitiveMember/;
  directory.store.update(team.id, { description: 'touched' });
  for (const { id } of people) directory.store.update(id, { jobTitle: 'touched' });
  await world.idle(3 * 60_000);
  expect(wrong.paths()).toEqual([]);
  await audit(world);
  expect(takingAway(wrong.records())).toEqual([]);

  // Whoever really left goes, out of the same empty list.
  directory.store.removeMember(team.id, leaver.id);
  await world.eventually(
    'the leaver is out',
    () => !memberNames(world, 'team')?.includes('leaver@contoso.com'),
  );
  await world.eventually('the leaver is off', () => store.user('leaver@contoso.com')?.active === false);
  expect(takingAway(wrong.records())).toHaveLength(2);

  directory.faults.truncateLists = false;
  await expectConverged(world);
  expect(memberNames(world, 'team')).toEqual(people.map(({ userPrincipalName }) => userPrincipalName));
  expect(store.users.filter(({ active }) => active)).toHaveLength(4);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
