import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a group that left while its renaming was unanswered is known by the name that it got: nobody asks the target for that name in vain', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [red, blue] = [group('red', [ada.id]), group('blue', [bob.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [red, blue], assigned: [red.id, blue.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const inTarget = () => databricks.store.groups.find(({ externalId }) => externalId === red.id);

  databricks.faults.push({
    method: 'PATCH',
    path: new RegExp(`/Groups/${inTarget()?.id}`),
    status: 504,
    applied: true,
    times: 1_000,
  });
  directory.store.update(red.id, { displayName: 'pink' });
  await world.eventually('it is renamed, and nobody says so', () => inTarget()?.displayName === 'pink');
  for (const { id } of directory.store.truth.assignmentsOf(red.id)) directory.store.unassign(id);
  await world.eventually('it is empty, and nobody says so', () => inTarget()?.members.size === 0, 600_000);
  databricks.faults.splice(0);
  await world.drained({ laterLooks: true });

  const live = writesFromNow(world);
  directory.store.update(blue.id, { displayName: 'pink' });
  await world.eventually('it is held', async () => (await openHolds(world)).length > 0);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([{ hold: `identity-re-use group:${blue.id}`, ids: [red.id] }]);
  expect(live.paths()).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
