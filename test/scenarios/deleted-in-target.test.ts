import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('users and groups that somebody else deleted in the target are not created again', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const [team, club] = [group('team', [ada.id, bob.id, eve.id]), group('club', [bob.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [team, club], assigned: [team.id, club.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  await world.idle(95_000);

  // One is noticed by a live change, the others by the audit.
  const creations = writesFromNow(world);
  store.remove('Users', scimIdOf(world, 'ada'));
  directory.store.update(ada.id, { displayName: 'renamed' });
  await world.eventually('it is reported', async () => (await openHolds(world)).length === 1);
  store.remove('Users', scimIdOf(world, 'eve'));
  store.remove('Groups', store.group('club')?.id ?? '');
  await world.idle(125_000);
  await audit(world);
  await world.drained({ laterLooks: true });
  const reported = [
    `deleted-in-target group:${club.id}`,
    ...[ada, eve].map(({ id }) => `deleted-in-target user:${id}`),
  ].sort();
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(reported);

  // Whatever happens to them afterwards.
  for (const { id } of [ada, eve]) directory.store.update(id, { displayName: 'renamed again' });
  directory.store.update(team.id, { description: 'touched' });
  directory.store.addMember(club.id, ada.id);
  directory.store.update(club.id, { displayName: 'club again' });
  await world.drained({ laterLooks: true });
  await expectConverged(world);
  expect(creations.paths().filter(path => path.startsWith('POST'))).toEqual([]);
  expect(store.users.map(({ userName }) => userName)).toEqual(['bob@contoso.com']);
  expect(store.groups.map(({ displayName }) => displayName)).toEqual(['team']);
  expect(memberNames(world, 'team')).toEqual(['bob@contoso.com']);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(reported);
  expect(await world.deadLetters()).toEqual([]);
});
