import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { memberNames, scimIdOf, watchWrites } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('somebody who moves to a group that was assigned since the last poll is never switched off', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const [old, next] = [group('old', [ada.id, bob.id]), group('next', [ada.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [old, next], assigned: [old.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const changes = watchWrites(world);
  directory.store.assign({
    principalId: next.id,
    resourceId: world.settings.ENTRA_APPLICATION_OBJECT_ID ?? '',
  });
  directory.store.removeMember(old.id, ada.id);
  // Notified of within seconds; the assignment is heard of by the next poll only.
  await world.eventually('ada is out of the old group', () => memberNames(world, 'old')?.length === 1);
  await world.pass(5_000);
  expect(databricks.store.user('ada@contoso.com')?.active).toBe(true);
  await world.eventually('ada is in the new group', () => memberNames(world, 'next')?.length === 1);
  await world.drained({ laterLooks: true });
  expect(changes.lines()).not.toContain(`PATCH /Users/${scimIdOf(world, 'ada')}`);
  await expectConverged(world);
});
