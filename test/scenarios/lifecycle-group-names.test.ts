import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('with the policy suffix, the second group of a name comes under a name of its own, and gets the plain one when it is free', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const [firstId = '', lastId = ''] = [randomUUID(), randomUUID()].sort();
  // The younger one's look comes first: rows are worked off in the order of their ids.
  const older = { ...group('Team', [ada.id]), id: lastId, createdDateTime: '2020-01-01T00:00:00Z' };
  const younger = { ...group('team', [bob.id]), id: firstId, createdDateTime: '2024-01-01T00:00:00Z' };
  const third = { ...group('TEAM', [eve.id]), createdDateTime: '2025-01-01T00:00:00Z' };
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve],
      groups: [younger, older, third],
      assigned: [younger.id, older.id, ada.id, bob.id, eve.id],
    }),
    limits: 'off',
    config: { lifecycle: { groupNameConflict: 'suffix' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const suffixed = (id: string, name: string): string => `${name} (${id.slice(0, 8)})`;
  const named = (): Record<string, string | undefined> =>
    Object.fromEntries(store.groups.map(({ displayName, externalId }) => [externalId ?? '', displayName]));
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(named()).toEqual({ [older.id]: 'Team', [younger.id]: suffixed(younger.id, 'team') });
  expect(memberNames(world, 'Team')).toEqual(['ada@contoso.com']);
  expect(memberNames(world, suffixed(younger.id, 'team'))).toEqual(['bob@contoso.com']);

  // A live third one gets a suffix as well.
  directory.store.assign({ principalId: third.id, resourceId: APPLICATION });
  await world.eventually('it is there', () => store.group(suffixed(third.id, 'TEAM')) !== undefined);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, suffixed(third.id, 'TEAM'))).toEqual(['eve@contoso.com']);
  expect((await openHolds(world)).every(({ hold }) => hold.startsWith('name-in-use'))).toBe(true);

  // The first one is renamed away: one of the others gets the plain name, and only one.
  const ids = new Map(store.groups.map(({ id, externalId }) => [externalId, id]));
  const changes = writesFromNow(world);
  directory.store.update(older.id, { displayName: 'Team of old' });
  await world.eventually(
    'the plain name is taken again',
    () => store.group('team') !== undefined && store.group('team')?.externalId !== older.id,
  );
  await world.drained({ laterLooks: true });
  // Whichever of the two asked first: it keeps the name from then on.
  const [taker, loser] = store.group('team')?.externalId === younger.id ? [younger, third] : [third, younger];
  expect(named()).toEqual({
    [older.id]: 'Team of old',
    [taker.id]: taker.displayName,
    [loser.id]: suffixed(loser.id, loser.displayName ?? ''),
  });
  for (const { id, externalId } of store.groups) expect(ids.get(externalId)).toBe(id);
  expect(changes.paths().every(path => path.startsWith('PATCH /Groups/'))).toBe(true);
  expect(memberNames(world, 'team')).toEqual([taker === younger ? 'bob@contoso.com' : 'eve@contoso.com']);

  // Back again: it is the one that has to give way now, for the linked one keeps the name.
  directory.store.update(older.id, { displayName: 'Team' });
  await world.eventually('it has a suffix', () => named()[older.id] === suffixed(older.id, 'Team'));
  await expectConverged(world);
  expect(named()[taker.id]).toBe(taker.displayName);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
