import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a guest gets the name that he signs in with, and never the account of a member of that name', async () => {
  const ada = user('ada');
  const guest = user('x', {
    userPrincipalName: 'jo_van_dam_partner.com#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
  });
  const impostor = user('y', {
    userPrincipalName: 'ada_contoso.com#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
  });
  const sam = user('z', {
    userPrincipalName: 'sam_partner.com#EXT#@contoso.onmicrosoft.com',
    userType: 'Guest',
  });
  const team = group('team', [ada.id, guest.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, guest, impostor, sam], groups: [team], assigned: [team.id] }),
    limits: 'off',
    // Somebody's account, who need not be the guest of that name.
    prepare: ({ cloud }) => void cloud.databricks.store.add({ type: 'Users', userName: 'sam@partner.com' }),
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'jo_van_dam@partner.com']);

  const changes = writesFromNow(world);
  directory.store.addMember(team.id, impostor.id);
  await world.drained({ laterLooks: true });
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`protected-name user:${impostor.id}`]);
  directory.store.update(impostor.id, { accountEnabled: false });
  await world.drained({ laterLooks: true });
  expect(changes.paths()).toEqual([]);
  expect(store.user('ada@contoso.com')).toMatchObject({
    active: true,
    externalId: ada.id,
    displayName: 'ada',
  });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'jo_van_dam@partner.com']);

  directory.store.addMember(team.id, sam.id);
  await world.drained({ laterLooks: true });
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`proposed-adoption user:${sam.id}`]);
  expect(changes.paths().filter(path => !path.startsWith('POST'))).toEqual([]);
  expect(store.user('sam@partner.com')?.externalId).toBeUndefined();
  await expectConverged(world);
});

test('nor one whose mail address says so, also where everybody is in scope and the search for the domain is cut short', async () => {
  const [ada, boss] = [user('ada'), user('boss', { mail: null })];
  const guest = (alias: string, mail: string) =>
    user(alias, {
      userPrincipalName: `${alias}_partner.com#EXT#@contoso.onmicrosoft.com`,
      userType: 'Guest',
      mail,
    });
  const [jo, forged, unnoticed] = [
    guest('jo', 'jo@partner.com'),
    guest('forged', 'BOSS@contoso.com'),
    guest('unnoticed', 'boss@CONTOSO.com'),
  ];
  await using world = await createWorld({
    seed: tenant({ users: [ada, boss, jo], assigned: [] }),
    limits: 'off',
    config: {
      scope: { mode: 'all', guests: true, exclude: [boss.id] },
      mappings: {
        users: [{ target: 'userName', expression: 'Coalesce([mail], [userPrincipalName])', matching: 1 }],
      },
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const names = () => store.users.map(({ userName }) => userName).sort();
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(names()).toEqual(['ada@contoso.com', 'jo@partner.com']);

  // Nobody has that name in the target: only its domain tells that it is a member's.
  directory.faults.truncateLists = /\/users\?\$filter/;
  directory.store.addUser(unnoticed);
  await world.eventually('the first is held', async () => (await openHolds(world)).length === 1);
  directory.faults.truncateLists = false;
  directory.store.addUser(forged);
  await world.eventually('both are held', async () => (await openHolds(world)).length === 2);
  await expectConverged(world);
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(
    [forged, unnoticed].map(({ id }) => `protected-name user:${id}`).sort(),
  );
  expect(names()).toEqual(['ada@contoso.com', 'jo@partner.com']);
});
