import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test("a new person with a leaver's name does not get the leaver's account", async () => {
  const ada = user('ada');
  const [team, secrets] = [group('team', []), group('secrets', [ada.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team, secrets], assigned: [team.id, secrets.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const accountOfLeaver = scimIdOf(world, 'ada');
  directory.store.delete(ada.id);
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')?.active).toBe(false);

  const changes = writesFromNow(world);
  const other = directory.store.addUser(user('ADA', { displayName: 'Another Ada' }));
  directory.store.addMember(team.id, other.id);
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toEqual([{ hold: `identity-re-use user:${other.id}`, ids: [ada.id] }]);
  directory.store.update(other.id, { displayName: 'Another Ada, renamed' });
  await expectConverged(world);
  expect(changes.paths()).toEqual([]);
  expect(store.users).toHaveLength(1);
  expect(store.user('ada@contoso.com')).toMatchObject({
    id: accountOfLeaver,
    active: false,
    externalId: ada.id,
  });
  expect(memberNames(world, 'team')).toEqual([]);
  expect(memberNames(world, 'secrets')).toEqual([]);

  // Gone for good does not free the name either.
  directory.store.purge(ada.id);
  directory.store.update(other.id, { displayName: 'Another Ada, again' });
  await world.drained({ laterLooks: true });
  expect(changes.paths()).toEqual([]);
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`identity-re-use user:${other.id}`]);
});
