import { expect, test } from 'vitest';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('the initial cycle provisions what is assigned, nested members included, and nothing is written again', async () => {
  const direct = user('direct');
  const nested = users(3, 'nested');
  const outside = user('outside');
  const disabled = user('disabled', { accountEnabled: false });
  const inner = group(
    'inner',
    nested.map(({ id }) => id),
  );
  const outer = group('outer', [direct.id, disabled.id, inner.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [direct, ...nested, outside, disabled],
      groups: [inner, outer],
      assigned: [outer.id],
    }),
  });
  await world.initialCycle();
  const { store } = world.cloud.databricks;
  expect(store.users.map(({ userName }) => userName).sort()).toEqual(
    ['direct@contoso.com', 'nested0@contoso.com', 'nested1@contoso.com', 'nested2@contoso.com'].sort(),
  );
  expect(store.group('outer')?.members.size).toBe(4);
  expect(store.group('inner')).toBeUndefined();
  const writes = world.cloud.databricks.log.filter(({ method }) => method !== 'GET').length;
  await world.drained({ laterLooks: true });
  expect(world.cloud.databricks.log.filter(({ method }) => method !== 'GET')).toHaveLength(writes);
  expect(world.cloud.databricks.throttled).toBe(0);
  expect(await world.deadLetters()).toEqual([]);
});
