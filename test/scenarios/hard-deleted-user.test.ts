import { expect, test } from 'vitest';
import { expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a user who is gone for good is switched off by two pieces of evidence a minute apart, and leaves his groups', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const gone = writesFromNow(world);
  directory.store.delete(ada.id);
  directory.store.purge(ada.id);
  await world.fire('poll-directory');
  await world.pass(2_000);
  const heardAt = Date.now();
  await world.until('she is off', () => store.user('ada@contoso.com')?.active === false, 180_000);
  for (const { at } of takingAway(gone.records())) expect(at - heardAt).toBeGreaterThan(55_000);
  await world.drained({ laterLooks: true });
  expect(memberNames(world, 'team')).toEqual(['bob@contoso.com']);
  await expectConverged(world);
  expect(takingAway(gone.records())).toHaveLength(2);
  expect(gone.records().filter(({ method }) => method === 'DELETE')).toEqual([]);
  expect(store.user('bob@contoso.com')?.active).toBe(true);
  expect(await world.deadLetters()).toEqual([]);
});
