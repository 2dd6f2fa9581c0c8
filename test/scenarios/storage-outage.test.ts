import { expect, test } from 'vitest';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('changes that arrive while the storage account refuses everybody wait for it instead of being dead-lettered', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], assigned: [ada.id, bob.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { broker, directory, databricks } = world.cloud;
  const outage = { action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' } } as const;
  world.storage.rules.push(outage);
  directory.store.update(ada.id, { displayName: 'Ada' });
  directory.store.update(bob.id, { accountEnabled: false });
  await world.idle(90_000);
  expect(databricks.store.user('ada@contoso.com')?.displayName).toBe('ada');
  expect(broker.counts('identity-changes').deadLettered).toBe(0);

  world.storage.rules.splice(0);
  await world.eventually(
    'both changes are applied',
    () =>
      databricks.store.user('ada@contoso.com')?.displayName === 'Ada' &&
      databricks.store.user('bob@contoso.com')?.active === false,
  );
  await world.drained({ laterLooks: true });
  expect(broker.counts('identity-changes').deadLettered).toBe(0);
});
