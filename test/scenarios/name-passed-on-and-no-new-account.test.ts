import { expect, test } from 'vitest';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('an account whose name was passed on goes at once, also when the target refuses the one that is to replace it', async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
    config: { lifecycle: { userNameChange: 'replace' } },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  databricks.faults.push({ method: 'POST', path: /^\/Users/, status: 400, times: 1_000 });
  directory.store.update(ada.id, { userPrincipalName: 'ada.married@contoso.com' });
  directory.store.addUser(user('newcomer', { userPrincipalName: 'ada@contoso.com' }));
  await world.eventually(
    'the old account is off',
    () => databricks.store.user('ada@contoso.com')?.active === false,
    180_000,
  );
  expect(databricks.store.user('ada.married@contoso.com')).toBeUndefined();
}, 120_000);
