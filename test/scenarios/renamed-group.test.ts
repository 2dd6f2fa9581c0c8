import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a renamed group keeps its resource and members, and is never renamed into a reserved or a foreign name', async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const id = store.group('team')?.id;

  const renames = writesFromNow(world);
  directory.store.update(team.id, { displayName: "L'équipe 🚀" });
  await world.drained({ laterLooks: true });
  expect(store.group("L'équipe 🚀")?.id).toBe(id);
  expect(renames.paths()).toEqual([`PATCH /Groups/${id}`]);

  // Reserved in any form, full-width letters included; then the name of somebody else's group.
  const foreign = store.add({ type: 'Groups', displayName: 'Finance', roles: ['billing_admin'] });
  for (const [name, hold] of [
    [' Admins ', 'protected-name'],
    ['\uff41\uff44\uff4d\uff49\uff4e\uff53', 'protected-name'],
    ['account users', 'protected-name'],
    ['finance', 'name-in-use'],
  ] as const) {
    directory.store.update(team.id, { displayName: name });
    await world.drained({ laterLooks: true });
    expect(await openHolds(world)).toEqual([{ hold: `${hold} group:${team.id}`, ids: [] }]);
    expect(store.find(id ?? '')?.displayName).toBe("L'équipe 🚀");
  }
  expect(renames.records().filter(({ status }) => status < 400)).toHaveLength(1);
  expect(store.find(foreign.id)).toEqual(foreign);

  directory.store.update(team.id, { displayName: 'team' });
  await world.eventually('it has its name', () => store.group('team')?.id === id);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(store.groups).toHaveLength(2);
});
