import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { sourceReleased } from '../harness/source-released.ts';
import { APPLICATION, group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** Each with status 200 and without a link to what is missing, which for a list of one page is all of it. */
const ASSIGNED = [
  // How the application and its groups see it, and what happens meanwhile.
  /\/(appRoleAssignedTo|members|transitiveMembers)|\/delta/,
  // How the principals themselves see it.
  /\/(appRoleAssignments|memberOf|transitiveMemberOf)/,
  // A group without members, and members without a group: where nesting is not looked through, no check tells more.
  /\/(members|memberOf)/,
];

/** Everybody of the tenant besides. */
const ALL = [/\/(users|groups|servicePrincipals)\?|\/members|\/appRoleAssignedTo/, ...ASSIGNED.slice(1)];

const robot = { id: randomUUID(), appId: randomUUID(), displayName: 'robot' };
const helper = { id: randomUUID(), appId: randomUUID(), displayName: 'helper' };

test('lists that lost their last page take nothing from anybody who is assigned, directly or by a group', async () => {
  const people = users(4);
  const ada = user('ada');
  const inner = group('inner');
  const team = group('team', [...people.map(({ id }) => id), helper.id, inner.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada, ...people],
      groups: [inner, team],
      servicePrincipals: [robot, helper],
      assigned: [ada.id, robot.id, team.id],
    }),
    limits: 'off',
    config: { scope: { nestedGroups: 'direct' } },
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toHaveLength(5);
  expect(memberNames(world, 'inner')).toBeUndefined();

  await loseLastPages(world, ASSIGNED, [ada, ...people, robot, helper, team, inner]);

  // Who was really taken out goes, also out of empty lists, and also when a group below still holds him.
  const { directory } = world.cloud;
  const [first, last] = [people[0]?.id ?? '', people[3]?.id ?? ''];
  directory.faults.truncateLists = /\/(members|memberOf)\?/;
  directory.store.addMember(inner.id, last);
  for (const id of [first, last]) directory.store.removeMember(team.id, id);
  await world.eventually('both are out', () => memberNames(world, 'team')?.length === 3, 600_000);
  await world.eventually('and off', () => active(world) === 5, 600_000);
  world.cloud.directory.faults.truncateLists = false;
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});

test('lists that lost their last page take nothing from a tenant that is in scope as a whole', async () => {
  const people = users(4);
  const inner = group('inner', [people[3]?.id ?? '', helper.id]);
  const team = group('team', [people[0]?.id ?? '', inner.id]);
  await using world = await createWorld({
    seed: tenant({
      users: people,
      groups: [inner, team],
      servicePrincipals: [robot, helper],
      assigned: [robot.id, team.id],
    }),
    limits: 'off',
    config: { scope: { mode: 'all', nestedGroups: 'mirror', servicePrincipals: true } },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const innerId = databricks.store.group('inner')?.id ?? '';
  expect(memberNames(world, 'team')).toEqual([innerId, 'user0@contoso.com'].sort());

  await loseLastPages(world, ALL, [...people, robot, helper, team, inner]);

  // Nor does an enterprise application that is gone.
  const wrong = writesFromNow(world);
  directory.faults.hideServicePrincipals = [APPLICATION];
  touch(world, [...people, robot, helper, team, inner]);
  await world.idle(2 * 60_000);
  await world.fire('reconcile');
  await world.pass(5_000);
  directory.faults.hideServicePrincipals = false;
  await sourceReleased(world);
  expect(takingAway(wrong.records())).toEqual([]);

  await expectConverged(world);
  expect(active(world)).toBe(6);
  expect(memberNames(world, 'team')).toEqual([innerId, 'user0@contoso.com'].sort());
  expect(memberNames(world, 'inner')).toHaveLength(2);
  expect(await openHolds(world)).toEqual([]);
});

/** Loses the last pages of these lists, one kind of list after the other, while everything is looked at twice. */
async function loseLastPages(
  world: World,
  lists: readonly RegExp[],
  everything: readonly { id: string }[],
): Promise<void> {
  const { faults } = world.cloud.directory;
  for (const list of lists) {
    const wrong = writesFromNow(world);
    faults.truncateLists = list;
    touch(world, everything);
    await world.idle(2 * 60_000);
    await audit(world);
    expect(takingAway(wrong.records()), String(list)).toEqual([]);
    faults.truncateLists = false;
    await world.drained({ laterLooks: true });
    expect(await world.deadLetters(), String(list)).toEqual([]);
  }
}

function touch(world: World, everything: readonly { id: string }[]): void {
  for (const { id } of everything)
    world.cloud.directory.store.update(id, {
      description: `touched ${Date.now()}`,
      jobTitle: `${Date.now()}`,
    });
}

function active(world: World): number {
  const { users: accounts, servicePrincipals } = world.cloud.databricks.store;
  return [...accounts, ...servicePrincipals].filter(account => account.active).length;
}
