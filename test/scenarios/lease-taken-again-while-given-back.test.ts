import { expect, test } from 'vitest';
import { march } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a change that arrives while an idle owner gives its lease back does not leave the backlog without anybody', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], assigned: [ada.id, bob.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const onItsWay = Promise.withResolvers<void>();
  let releasing = false;
  world.storage.gate = ({ phase, path, body }) => {
    if (releasing || phase !== 'before' || !path.includes('ProvisioningLeases')) return;
    const { data } = JSON.parse(body || '{}') as { data?: string };
    const lease = JSON.parse(data ?? '{}') as { owner?: string };
    if (lease.owner !== '') return;
    releasing = true;
    return onItsWay.promise;
  };
  await march(world, 'the idle owner gives its lease back', () => releasing);
  directory.store.update(ada.id, { displayName: 'Ada' });
  await march(
    world,
    'it has taken it again for a change',
    () => store.user('ada@contoso.com')?.displayName === 'Ada',
  );
  onItsWay.resolve();

  // Only a row tells of this one.
  directory.faults.notifications = { drop: true };
  directory.store.update(bob.id, { accountEnabled: false });
  await world.fire('poll-directory');
  const took = await world.until(
    'the row is worked off',
    () => store.user('bob@contoso.com')?.active === false,
    60_000,
  );
  expect(took).toBeLessThan(10_000);
  await world.drained({ laterLooks: true });
  expect(await world.deadLetters()).toEqual([]);
});
