import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('of two groups of one name the older gets it, the linked one keeps it, and the other is held', async () => {
  const [firstId = '', lastId = ''] = [randomUUID(), randomUUID()].sort();
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  // The younger one's look comes first: rows are worked off in the order of their ids.
  const older = { ...group('Team', [ada.id]), id: lastId, createdDateTime: '2020-01-01T00:00:00Z' };
  const younger = { ...group('team', [bob.id]), id: firstId, createdDateTime: '2024-01-01T00:00:00Z' };
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [younger, older], assigned: [younger.id, older.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.groups.map(({ displayName, externalId }) => ({ displayName, externalId }))).toEqual([
    { displayName: 'Team', externalId: older.id },
  ]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`name-in-use group:${younger.id}`]);

  // Changes of the held one never reach the other's resource.
  directory.store.addMember(younger.id, eve.id);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
  expect(writes(world).filter(({ method, path }) => method === 'POST' && path === '/Groups')).toHaveLength(1);

  // With a name of its own it is provisioned, and the hold is gone.
  directory.store.update(younger.id, { displayName: 'team two' });
  await world.eventually('it is there', () => memberNames(world, 'team two')?.length === 2);
  expect(memberNames(world, 'team two')).toEqual(['bob@contoso.com', 'eve@contoso.com']);
  expect(await openHolds(world)).toEqual([]);
  await expectConverged(world);
});
