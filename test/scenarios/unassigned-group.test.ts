import { expect, test } from 'vitest';
import { expectConverged, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a group whose assignment ended, or that was deleted, loses its members and is kept', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const crowd = users(12);
  const team = group('team', [ada.id, bob.id, ...crowd.map(({ id }) => id)]);
  const [other, doomed] = [group('other', [bob.id]), group('doomed', [eve.id])];
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve, ...crowd],
      groups: [team, other, doomed],
      assigned: [team.id, other.id, doomed.id],
    }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const kept = store.groups.map(({ id, displayName }) => ({ id, displayName }));

  const ended = writesFromNow(world);
  const assignment = directory.store.truth.assignmentsOf(team.id)[0]?.id ?? '';
  directory.store.unassign(assignment);
  directory.store.delete(doomed.id);
  await world.eventually('the members are out', () => memberNames(world, 'team')?.length === 0);
  await world.eventually(
    'the members of the deleted one are out',
    () => memberNames(world, 'doomed')?.length === 0,
  );
  await world.drained({ laterLooks: true });
  expect(store.users.filter(({ active }) => active).map(({ userName }) => userName)).toEqual([
    'bob@contoso.com',
  ]);
  expect(memberNames(world, 'other')).toEqual(['bob@contoso.com']);
  expect(store.groups.map(({ id, displayName }) => ({ id, displayName }))).toEqual(kept);
  expect(ended.records().filter(({ method }) => method !== 'PATCH')).toEqual([]);
  await expectConverged(world);

  // Assigned again: the same group, the same accounts.
  directory.store.assign({
    principalId: team.id,
    resourceId: world.settings.ENTRA_APPLICATION_OBJECT_ID ?? '',
  });
  await world.eventually('the members are back', () => memberNames(world, 'team')?.length === 14);
  await world.eventually(
    'the accounts are on',
    () => store.users.filter(({ active }) => active).length === 14,
  );
  await expectConverged(world);
  expect(store.groups.map(({ id, displayName }) => ({ id, displayName }))).toEqual(kept);
  expect(ended.records().filter(({ method }) => method !== 'PATCH')).toEqual([]);
});
