import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
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
  'Ｂｒｅａｋ Ｇｌａｓｓ',
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
  const renameHeld = { hold: `protected-name group:${team.id}`, ids: [] };
  const live = writesFromNow(world);
  const teamId = store.group('team')?.id ?? '';
  for (const displayName of DISGUISES) {
    directory.store.update(team.id, { displayName });
    await world.eventually(displayName, async () => (await openHolds(world)).length === 2);
    for (const { key } of await world.state.holds.list(world.target))
      await world.state.holds.approve(world.target, key, { at: Date.now(), by: 'ada', needed: 1 });
    await world.drained({ laterLooks: true });
    expect(await openHolds(world), displayName).toContainEqual(renameHeld);
    // Under another harmless name in between, so that each spelling is held by itself.
    directory.store.update(team.id, { displayName: 'TEAM' });
    await world.eventually('released', async () => (await openHolds(world)).length === 1);
  }
  directory.store.update(team.id, { displayName: 'prod-eu-owners' });
  directory.store.addMember(team.id, eve.id);
  directory.store.addMember(team.id, inner.id);
  await world.eventually('it is held', async () => (await openHolds(world)).length === 2);
  await world.drained({ laterLooks: true });
  const names = live.records().flatMap(({ path, body }) => (path.endsWith(teamId) ? [nameIn(body)] : []));
  expect(new Set(names)).toEqual(new Set(['TEAM']));
  // A group below another one comes under its own name, or not at all.
  for (const { id } of [planted, bob]) directory.store.addMember(parent.id, id);
  await world.eventually('bob is in', () => memberNames(world, 'parent')?.length === 2);
  await world.drained({ laterLooks: true });
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual(['TEAM', 'inner', 'parent']);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(memberNames(world, 'parent')).toEqual(['bob@contoso.com', 'eve@contoso.com']);

  // Whoever leaves it goes, whatever its name.
  directory.store.removeMember(team.id, ada.id);
  await world.eventually('ada is out', () => memberNames(world, 'team')?.length === 0);
  directory.store.update(team.id, { displayName: 'team' });
  await world.eventually('the others are in', () => store.group('team')?.members.size === 2);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([heldBack]);

  // Protected later: what has the name already takes nobody in any more.
  await world.reconfigure({ scope, protected: { groupNames: [...groupNames, ' PAR*'] } });
  const late = writesFromNow(world);
  directory.store.addMember(parent.id, ada.id);
  directory.store.addMember(parent.id, team.id);
  await world.eventually('it is held', async () => (await openHolds(world)).length === 2);
  await world.drained({ laterLooks: true });
  await audit(world);
  expect(memberNames(world, 'parent')).toEqual(['bob@contoso.com', 'eve@contoso.com']);
  expect(late.paths().filter(path => path.endsWith(store.group('parent')?.id ?? ''))).toEqual([]);
  expect(await openHolds(world)).toContainEqual({ hold: `protected-name group:${parent.id}`, ids: [] });
});

/** The name that a PATCH gives; undefined when it is about something else. */
function nameIn(body: unknown): unknown {
  const { Operations = [] } = body as { Operations?: { path?: string; value?: unknown }[] };
  return Operations.find(({ path }) => path === 'displayName')?.value;
}
