import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const MOST = 5;
const limit = { count: MOST, percent: 0 };
const guard = { accounts: { perHour: limit, perDay: limit, perWeek: limit } };

test('a filter that keeps nearly everybody out takes away no more than the guard lets through, and who was dismissed goes all the same', async () => {
  const people = users(16).map(one => ({ ...one, department: 'Data' }));
  const boss = { ...user('boss'), department: 'Management' };
  const everybody = group(
    'everybody',
    [...people, boss].map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({ users: [...people, boss], groups: [everybody], assigned: [everybody.id] }),
    limits: 'off',
    config: { guard },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(activeUsers(world)).toBe(17);

  const management = { attribute: 'department', operator: 'EQUALS', value: 'Management' };
  await world.reconfigure({ guard, scope: { filters: { users: [[management]] } } });
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(activeUsers(world)).toBe(17 - MOST);
  const held = await openHolds(world);
  expect(held.filter(({ hold }) => hold.startsWith('removal-limit user:'))).toHaveLength(16 - MOST);

  // By now it is a matter of hours: neither another audit nor time lets more of them go.
  world.clock.advance(2 * 3_600_000);
  await audit(world);
  expect(activeUsers(world)).toBe(17 - MOST);

  // Who is dismissed is not kept by any of it.
  const dismissed = people.find(({ userPrincipalName }) => store.user(userPrincipalName)?.active === true);
  directory.store.update(dismissed?.id ?? '', { accountEnabled: false });
  await world.eventually('the dismissed is off', () => {
    return store.user(dismissed?.userPrincipalName ?? '')?.active === false;
  });
  expect((await openHolds(world)).map(({ hold }) => hold)).not.toContain(
    `removal-limit user:${dismissed?.id}`,
  );

  // One is approved, and goes although there would be room for nobody.
  const [approved] = (await world.state.holds.list(world.target)).filter(
    ({ value }) => value.kind === 'removal-limit',
  );
  await world.state.holds.approve(world.target, approved?.key ?? '', {
    at: Date.now(),
    by: 'ada',
    needed: 1,
  });
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(activeUsers(world)).toBe(17 - MOST - 2);

  // The filter is corrected: everybody is back, but for the dismissed, and nothing is held.
  await world.reconfigure({ guard });
  await audit(world);
  await world.drained({ laterLooks: true });
  await world.eventually('all accounts are on', () => activeUsers(world) === 16);
  await world.eventually('and in their group', () => memberNames(world, 'everybody')?.length === 17);
  expect(await openHolds(world)).toEqual([]);
  await expectConverged(world);
});

test('members who leave by scope are held together beyond the limit, across groups, and joiners are written', async () => {
  const people = users(24);
  const [first, second] = ['first', 'second'].map(name =>
    group(
      name,
      people.map(({ id }) => id),
    ),
  );
  const joiner = user('joiner');
  await using world = await createWorld({
    seed: tenant({
      users: [...people, joiner],
      groups: [first, second].filter(one => one !== undefined),
      assigned: [first?.id ?? '', second?.id ?? ''],
    }),
    limits: 'off',
    config: {
      guard: {
        groupShrink: { members: 1_000, percent: 100 },
        memberships: {
          perHour: { count: 15, percent: 0 },
          perDay: { count: 15, percent: 0 },
          perWeek: { count: 15, percent: 0 },
        },
      },
    },
  });
  const { directory } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const leave = writesFromNow(world);
  for (const { id } of people.slice(0, 10)) directory.store.removeMember(first?.id ?? '', id);
  await world.eventually('the first ten are out', () => memberNames(world, 'first')?.length === 14);
  for (const { id } of people.slice(0, 8)) directory.store.removeMember(second?.id ?? '', id);
  directory.store.addMember(second?.id ?? '', joiner.id);
  await world.eventually('the joiner is in', () => memberNames(world, 'second')?.length === 25);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'second')).toHaveLength(25);
  const held = await openHolds(world);
  expect(held).toEqual([
    {
      hold: `removal-limit group:${second?.id}`,
      ids: people
        .slice(0, 8)
        .map(({ id }) => id)
        .sort(),
    },
  ]);
  expect(leave.records().filter(({ method }) => method === 'DELETE')).toEqual([]);

  // An approval covers the eight, of whom one has come back, and nobody else.
  directory.store.addMember(second?.id ?? '', people[0]?.id ?? '');
  directory.store.removeMember(second?.id ?? '', people[23]?.id ?? '');
  await world.drained({ laterLooks: true });
  const [row] = await world.state.holds.list(world.target);
  expect(row?.value.ids).toEqual([...people.slice(1, 8), people[23]].map(one => one?.id).sort());
  await world.state.holds.approve(world.target, row?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });
  await audit(world);
  await world.eventually('they are out', () => memberNames(world, 'second')?.length === 17);
  expect(writes(world).filter(({ status }) => status >= 400)).toEqual([]);
  await expectConverged(world);
});

function activeUsers(world: World): number {
  return world.cloud.databricks.store.users.filter(({ active }) => active).length;
}
