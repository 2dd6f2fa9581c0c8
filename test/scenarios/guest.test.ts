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
  const team = group('team', [ada.id, guest.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, guest, impostor], groups: [team], assigned: [team.id] }),
    limits: 'off',
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
  await expectConverged(world);
});
