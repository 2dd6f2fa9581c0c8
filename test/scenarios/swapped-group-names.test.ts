import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('groups that took over each other’s names swap them by renames alone, also three in a circle', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const groups = [group('red', [ada.id]), group('blue', [bob.id]), group('green', [eve.id])] as const;
  const [red, blue, green] = groups;
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [...groups], assigned: groups.map(({ id }) => id) }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const before = store.groups;
  const byExternalId = (id: string) => store.groups.find(({ externalId }) => externalId === id);
  const nameOf = (id: string) => byExternalId(id)?.displayName;

  const swap = writesFromNow(world);
  directory.store.update(red.id, { displayName: 'blue' });
  directory.store.update(blue.id, { displayName: 'red' });
  await world.eventually(
    'both have their names',
    () => nameOf(red.id) === 'blue' && nameOf(blue.id) === 'red',
  );
  await expectConverged(world);
  expect(swap.paths()).toHaveLength(3);

  // Each takes the name that another one has.
  directory.store.update(red.id, { displayName: 'red' });
  directory.store.update(blue.id, { displayName: 'green' });
  directory.store.update(green.id, { displayName: 'blue' });
  await world.eventually(
    'the circle is turned',
    () => nameOf(red.id) === 'red' && nameOf(blue.id) === 'green' && nameOf(green.id) === 'blue',
  );
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(swap.paths().every(path => path.startsWith('PATCH /Groups/'))).toBe(true);
  for (const { id, externalId, members } of before)
    expect(byExternalId(externalId ?? '')).toMatchObject({ id, members });
});
