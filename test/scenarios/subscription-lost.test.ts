import { expect, test } from 'vitest';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a subscription that was lost is created again, and one that runs out is renewed', async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  const graph = async (method: string, path: string): Promise<{ value: Subscription[] }> => {
    const response = await fetch(`${world.cloud.directory.url}/v1.0${path}`, {
      method,
      headers: { Authorization: `Bearer ${world.cloud.operatorToken}` },
    });
    return response.status === 204 ? { value: [] } : ((await response.json()) as { value: Subscription[] });
  };
  const before = (await graph('GET', '/subscriptions')).value;
  expect(before.map(({ resource }) => resource).sort()).toEqual(['/groups', '/users']);

  for (const { id } of before) await graph('DELETE', `/subscriptions/${id}`);
  await world.fire('renew-subscriptions');
  const created = async () => (await graph('GET', '/subscriptions')).value;
  await world.until('both are there again', async () => (await created()).length === 2);
  const again = await created();

  world.cloud.directory.store.update(ada.id, { displayName: 'Ada Lovelace' });
  // Sooner than any poll: it was a notification.
  const took = await world.until('the new name arrived', () => {
    return world.cloud.databricks.store.user('ada@contoso.com')?.displayName === 'Ada Lovelace';
  });
  expect(took).toBeLessThan(10_000);
  // The line is written after the write.
  await world.until('it is logged as heard of by a notification', () =>
    world.logs.some(line => line.includes('applied') && line.includes('cause=notification')),
  );

  // More than half of its life later it is renewed, not created anew.
  world.clock.advance(16 * 24 * 3_600_000);
  await world.fire('renew-subscriptions');
  await world.until('both are renewed', async () =>
    (await created()).every(({ id, expirationDateTime }) => {
      const older = again.find(subscription => subscription.id === id);
      return older !== undefined && Date.parse(expirationDateTime) > Date.parse(older.expirationDateTime);
    }),
  );
});

interface Subscription {
  readonly id: string;
  readonly resource: string;
  readonly expirationDateTime: string;
}
