import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const scope = { nestedGroups: 'mirror' };
const groupNames = ['prod-*-owners', ' Break Glass '];

/** In whatever form people, or Databricks, would take them for the protected ones. */
const DISGUISES = [
  'prod-eu-owners',
  ' PROD-EU-Owners ',
  'ｐｒｏｄ-eu-ｏｗｎｅｒｓ',
  'Prod--Owners',
  'break glass',
  '\u00a0BREAK GLASS',
  'ﬀ'.normalize('NFKC') === 'ff' ? 'Ｂｒｅａｋ Ｇｌａｓｓ' : '',
];

test('nothing is created as, renamed to or nested into a protected name, in any spelling, not even after an approval', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const inner = group('inner', [bob.id]);
  const team = group('team', [ada.id]);
  const planted = group('Prod-us-Owners', [eve.id]);
  const parent = group('parent', [eve.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve],
      groups: [inner, team, planted, parent],
      assigned: [team.id, planted.id, parent.id],
    }),
    limits: 'off',
    config: { scope, protected: { groupNames } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const heldBack = { hold: `protected-name group:${planted.id}`, ids: [] };
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['parent', 'team']);
  expect(await openHolds(world)).toEqual([heldBack]);

  // Renamed into it, and approved all the same; meanwhile nobody gets into the group that wants to be it.
  const live = writesFromNow(world);
  const teamId = store.group('team')?.id ?? '';
  for (const displayName of DISGUISES) {
    directory.store.update(team.id, { displayName });
    await world.drained({ laterLooks: true });
    const holds = await world.state.holds.list(world.target);
    expect(holds.map(({ value }) => value.principal.id).sort(), displayName).toEqual(
      [planted.id, team.id].sort(),
    );
    for (const { key } of holds) await world.state.holds.approve(world.target, key, Date.now());
    directory.store.update(team.id, { description: displayName });
    await world.drained({ laterLooks: true });
  }
  directory.store.addMember(team.id, eve.id);
  directory.store.addMember(team.id, inner.id);
  await world.drained({ laterLooks: true });
  expect(live.paths().filter(path => path.endsWith(teamId))).toEqual([]);
  // A group below another one comes under its own name, or not at all.
  directory.store.addMember(parent.id, planted.id);
  await world.drained({ laterLooks: true });
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['inner', 'parent', 'team']);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(memberNames(world, 'parent')).toEqual(['eve@contoso.com']);

  // Whoever leaves it goes, whatever its name.
  directory.store.removeMember(team.id, ada.id);
  await world.eventually('ada is out', () => memberNames(world, 'team')?.length === 0);
  directory.store.update(team.id, { displayName: 'team' });
  await world.eventually('the others are in', () => store.group('team')?.members.size === 2);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([heldBack]);

  // Protected later: what has the name already takes nobody in any more.
  await world.reconfigure({ scope, protected: { groupNames: [...groupNames, 'p?rent', 'Parent'] } });
  const late = writesFromNow(world);
  directory.store.addMember(parent.id, ada.id);
  directory.store.addMember(parent.id, team.id);
  await world.drained({ laterLooks: true });
  await audit(world);
  expect(memberNames(world, 'parent')).toEqual(['eve@contoso.com']);
  expect(late.paths().filter(path => path.endsWith(store.group('parent')?.id ?? ''))).toEqual([]);
  expect((await openHolds(world)).map(({ hold }) => hold)).toContain(`protected-name group:${parent.id}`);
  expect(directory.store.truth.assignmentsOf(parent.id)[0]?.resourceId).toBe(APPLICATION);
});
