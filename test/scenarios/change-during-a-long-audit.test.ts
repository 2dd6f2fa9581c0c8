import { expect, test } from 'vitest';
import { expectConverged, openHolds } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('an account switched on while an audit reads on for minutes is not taken for one that somebody switched off', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  directory.store.update(ada.id, { accountEnabled: false });
  await world.eventually('ada is off', () => store.user('ada@contoso.com')?.active === false);
  await world.drained({ laterLooks: true });

  // The audit reads that she is wanted and still off, since her grant waits for its second read; then the groups keep
  // it waiting for four minutes.
  databricks.faults = [
    { method: 'GET', path: /Groups/, status: 429, headers: { 'retry-after': '60' }, times: 4 },
  ];
  directory.store.update(ada.id, { accountEnabled: true });
  await world.state.targets.update(world.target, state => ({ ...state, auditDue: 'test' }));
  await world.fire('reconcile');
  await world.eventually(
    'the audit is done',
    async () => (await world.state.targets.read(world.target)).auditDue === undefined,
    600_000,
  );
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')?.active).toBe(true);
  expect(await openHolds(world)).toEqual([]);

  // Her link is still ours to write: she can be dismissed.
  directory.store.update(ada.id, { accountEnabled: false });
  await world.eventually('ada is off again', () => store.user('ada@contoso.com')?.active === false, 90_000);
  await expectConverged(world);
});
