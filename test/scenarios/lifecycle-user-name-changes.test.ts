import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** The next poll, and what its rows take. */
const ONE_POLL_MS = 75_000;

test('a changed user name is reported at once, and an account whose name went to somebody else is switched off at once', async () => {
  const [ada, bob, eve, cased] = [user('ada'), user('bob'), user('eve'), user('cased')];
  const team = group(
    'team',
    [ada, bob, eve, cased].map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve, cased], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const ids = { ada: scimIdOf(world, 'ada'), bob: scimIdOf(world, 'bob'), eve: scimIdOf(world, 'eve') };

  const changes = writesFromNow(world);
  directory.store.update(cased.id, { userPrincipalName: 'Cased@CONTOSO.com' });
  directory.store.update(ada.id, { userPrincipalName: 'ada.lovelace@contoso.com' });
  for (const { id } of [bob, eve]) directory.store.update(id, { userPrincipalName: `${id}@contoso.com` });
  await world.until('all three are reported', async () => (await openHolds(world)).length === 3, 15_000);
  await world.drained({ laterLooks: true });
  const reports = [
    { hold: `user-name-change user:${ada.id}`, ids: [ids.ada] },
    { hold: `user-name-change user:${bob.id}`, ids: [ids.bob] },
    { hold: `user-name-change user:${eve.id}`, ids: [ids.eve] },
  ];
  const byHold = (a: { hold: string }, b: { hold: string }): number => (a.hold < b.hold ? -1 : 1);
  expect((await openHolds(world)).sort(byHold)).toEqual(reports.sort(byHold));
  expect(changes.paths()).toEqual([]);
  // Everything else is kept up to date under the old name.
  directory.store.update(ada.id, { displayName: 'Ada Lovelace' });
  await world.eventually(
    'the display name follows',
    () => store.user('ada@contoso.com')?.displayName === 'Ada Lovelace',
  );

  // Much later the old names are given to others: one who is in scope, one who is not.
  await world.idle(20 * 60_000);
  const inScope = directory.store.addUser(user('bob', { displayName: 'Another Bob' }));
  directory.store.addMember(team.id, inScope.id);
  await world.until('bob is off', () => store.find(ids.bob)?.active === false, ONE_POLL_MS);
  directory.store.addUser(user('eve', { displayName: 'Another Eve' }));
  await world.until('eve is off', () => store.find(ids.eve)?.active === false, ONE_POLL_MS);
  await world.drained({ laterLooks: true });
  const held = (await openHolds(world)).map(({ hold }) => hold);
  for (const { id } of [bob, eve]) expect(held).toContain(`name-passed-on user:${id}`);
  // The newcomer does not get the account of the one who had the name.
  expect(held).toContain(`identity-re-use user:${inScope.id}`);
  expect(store.users).toHaveLength(4);
  await expectConverged(world);
  expect(store.user('ada@contoso.com')?.active).toBe(true);

  // Her name is what it was: nothing is left to report.
  directory.store.update(ada.id, { userPrincipalName: 'ada@contoso.com' });
  await world.eventually(
    'the report is withdrawn',
    async () => !(await openHolds(world)).some(({ hold }) => hold.endsWith(ada.id)),
  );
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);

test('where the policy replaces, a new account takes over every membership, and the old one is off and never deleted', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [team, crew] = [group('team', [ada.id, bob.id]), group('crew', [ada.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team, crew], assigned: [team.id, crew.id] }),
    limits: 'off',
    config: { lifecycle: { userNameChange: 'replace' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const first = scimIdOf(world, 'ada');
  const membership = (name: string): string[] | undefined => memberNames(world, name);

  const changes = writesFromNow(world);
  directory.store.update(bob.id, { userPrincipalName: 'Bob@contoso.com' });
  directory.store.update(ada.id, { userPrincipalName: 'ada.lovelace@contoso.com' });
  await world.eventually(
    'the new account is on',
    () => store.user('ada.lovelace@contoso.com')?.active === true,
  );
  await world.eventually(
    'in both groups, the old one in none',
    () =>
      ['team', 'crew'].every(name => membership(name)?.includes('ada.lovelace@contoso.com') === true) &&
      ['team', 'crew'].every(name => membership(name)?.includes('ada@contoso.com') === false),
  );
  await expectConverged(world);
  expect(store.find(first)?.active).toBe(false);
  expect(membership('team')).toEqual(['ada.lovelace@contoso.com', 'bob@contoso.com']);
  expect(await openHolds(world)).toEqual([{ hold: `user-name-change user:${ada.id}`, ids: [first] }]);
  const second = scimIdOf(world, 'ada.lovelace');
  expect(second).not.toBe(first);

  // She is disabled under her new name: both accounts are off. Enabled: one is on.
  directory.store.update(ada.id, { accountEnabled: false });
  await world.eventually('off', () => store.find(second)?.active === false);
  await world.drained({ laterLooks: true });
  directory.store.update(ada.id, { accountEnabled: true });
  await world.eventually('on', () => store.find(second)?.active === true);
  await world.drained({ laterLooks: true });
  expect(store.find(first)?.active).toBe(false);

  // Changed back: the account that she had.
  directory.store.update(ada.id, { userPrincipalName: 'ada@contoso.com' });
  await world.eventually('the first account is on again', () => store.find(first)?.active === true);
  await world.eventually('and a member', () =>
    ['team', 'crew'].every(name => membership(name)?.includes('ada@contoso.com') === true),
  );
  await expectConverged(world);
  expect(store.find(second)?.active).toBe(false);
  expect(membership('team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(membership('crew')).toEqual(['ada@contoso.com']);
  expect(await openHolds(world)).toEqual([{ hold: `user-name-change user:${ada.id}`, ids: [second] }]);
  expect(changes.paths().filter(path => !path.startsWith('PATCH'))).toEqual(['POST /Users']);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
