import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a group that loses two fifths at once keeps them until a person approves, and then exactly those still wanted go', async () => {
  const people = users(50);
  const [late, later] = [user('late'), user('later')];
  const team = group(
    'team',
    people.map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({
      users: [...people, late, later],
      groups: [team],
      assigned: [team.id, ...people.map(({ id }) => id)],
    }),
    limits: 'off',
  });
  const { directory } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toHaveLength(50);

  // The list of its members loses its last page, which is all of it: that is no loss of members, and worth one word.
  const alerts = (name: string) => world.logs.filter(line => new RegExp(`^\\S+: ${name} `).test(line));
  const lied = writesFromNow(world);
  directory.faults.truncateLists = /transitiveMembers/;
  directory.store.update(team.id, { description: 'touched' });
  await world.idle(3 * 60_000);
  directory.faults.truncateLists = false;
  await world.drained({ laterLooks: true });
  expect(lied.paths()).toEqual([]);
  expect(alerts('members-disagree')).toEqual([expect.stringContaining('missing=50 recorded=50')]);
  expect(await openHolds(world)).toEqual([]);

  const gone = people.slice(0, 20);
  const held = writesFromNow(world);
  for (const { id } of gone) directory.store.removeMember(team.id, id);
  directory.store.addMember(team.id, late.id);
  await world.eventually(
    'the newcomer is in',
    () => memberNames(world, 'team')?.includes('late@contoso.com') === true,
  );
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toHaveLength(51);
  expect(takingAway(held.records())).toEqual([]);
  expect(await openHolds(world)).toEqual([
    { hold: `large-shrink group:${team.id}`, ids: gone.map(({ id }) => id).sort() },
  ]);
  await audit(world);
  expect(alerts('held')).toHaveLength(1);

  // While a person thinks about it, one of them comes back and another one leaves: neither is part of what he approved.
  const [hold] = await world.state.holds.list(world.target);
  await world.state.holds.approve(world.target, hold?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });
  const [back, alsoGone] = [gone[0], people[20]];
  const approved = writesFromNow(world);
  directory.store.addMember(team.id, back?.id ?? '');
  directory.store.removeMember(team.id, alsoGone?.id ?? '');
  directory.store.addMember(team.id, later.id);
  await world.eventually(
    'the approved ones are out',
    () => memberNames(world, 'team')?.length === 51 - 19 - 1 + 1,
  );
  await world.drained({ laterLooks: true });
  const left = memberNames(world, 'team');
  for (const { userPrincipalName } of gone.slice(1)) expect(left).not.toContain(userPrincipalName);
  for (const name of [back?.userPrincipalName, 'late@contoso.com', 'later@contoso.com'])
    expect(left).toContain(name);
  expect(takingAway(approved.records())).toHaveLength(1);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});
