import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('two groups that swapped their names are held with their members in place, and a name handed on follows', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [red, blue] = [group('red', [ada.id]), group('blue', [bob.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [red, blue], assigned: [red.id, blue.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const before = store.groups;
  const byExternalId = (id: string) => store.groups.find(({ externalId }) => externalId === id);

  const swap = writesFromNow(world);
  directory.store.update(red.id, { displayName: 'blue' });
  directory.store.update(blue.id, { displayName: 'red' });
  await world.drained({ laterLooks: true });
  expect(swap.paths()).toEqual([]);
  expect(store.groups).toEqual(before);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(
    [`name-in-use group:${blue.id}`, `name-in-use group:${red.id}`].sort(),
  );

  // One of them takes a third name: the other gets the name that is free now, by a rename and nothing else.
  directory.store.update(red.id, { displayName: 'green' });
  await world.eventually(
    'both have their names',
    () => byExternalId(red.id)?.displayName === 'green' && byExternalId(blue.id)?.displayName === 'red',
  );
  await expectConverged(world);
  expect(swap.paths()).toHaveLength(2);
  expect(await openHolds(world)).toEqual([]);
  for (const { id, externalId, members } of before)
    expect(byExternalId(externalId ?? '')).toMatchObject({ id, members });
});
