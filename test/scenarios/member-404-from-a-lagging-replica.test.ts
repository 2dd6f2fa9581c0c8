import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const MANY = 10_000;

test('a replica that answers 404 for a user, a member or a group takes nothing away', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const wrong = writesFromNow(world);
  const absent = (path: RegExp) => ({ path, status: 404, code: 'Request_ResourceNotFound', times: MANY });
  // The user himself, in every spelling; his look, and the member list that no longer shows him.
  directory.faults.fail.push(absent(new RegExp(`/users/${ada.id}`)));
  directory.faults.truncateLists = /transitiveMembers/;
  directory.store.update(ada.id, { jobTitle: 'touched' });
  directory.store.update(team.id, { description: 'touched' });
  await world.idle(2 * 60_000);
  // Then the group.
  directory.faults.fail.splice(0);
  directory.faults.fail.push(absent(new RegExp(`/groups/${team.id}`)));
  directory.store.update(team.id, { description: 'touched again' });
  await world.idle(2 * 60_000);
  expect(wrong.paths()).toEqual([]);

  directory.faults.fail.splice(0);
  directory.faults.truncateLists = false;
  await world.drained({ laterLooks: true });
  await expectConverged(world);
  expect(wrong.paths()).toEqual([]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(databricks.store.users.every(({ active }) => active)).toBe(true);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});

test('nor does one that answers 404 for a service principal or a nested group, where nesting is mirrored', async () => {
  const bob = user('bob');
  const robot = { id: randomUUID(), appId: randomUUID(), displayName: 'robot' };
  const inner = group('inner', [bob.id, robot.id]);
  const team = group('team', [inner.id, robot.id]);
  await using world = await createWorld({
    seed: tenant({ users: [bob], groups: [inner, team], servicePrincipals: [robot], assigned: [team.id] }),
    limits: 'off',
    config: { scope: { nestedGroups: 'mirror' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const sizes = () => ['team', 'inner'].map(name => store.group(name)?.members.size);
  expect(sizes()).toEqual([2, 2]);

  const wrong = writesFromNow(world);
  for (const path of [`/servicePrincipals/${robot.id}`, `/groups/${inner.id}`, `/groups/${team.id}`]) {
    directory.faults.fail.push({
      path: new RegExp(path),
      status: 404,
      code: 'Request_ResourceNotFound',
      times: MANY,
    });
    directory.faults.truncateLists = /\/(transitiveM|m)embers/;
    for (const { id } of [robot, inner, team]) directory.store.update(id, { description: path });
    directory.store.update(bob.id, { jobTitle: path });
    await world.idle(2 * 60_000);
    directory.faults.fail.splice(0);
    directory.faults.truncateLists = false;
    await world.drained({ laterLooks: true });
    expect(takingAway(wrong.records()), path).toEqual([]);
  }
  await expectConverged(world);
  expect(sizes()).toEqual([2, 2]);
  expect([...store.users, ...store.servicePrincipals].every(({ active }) => active)).toBe(true);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
