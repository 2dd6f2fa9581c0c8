import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { startTenant, until } from './client.ts';

let clock: TestClock;
beforeEach(() => {
  clock = createTestClock();
  clock.install();
});
afterEach(() => clock.dispose());

const seed = { users: [{ id: 'u0', userPrincipalName: 'u0@contoso.com' }] };

test('a read is stale when something was written within the lag, and not before', async () => {
  await using tenant = await startTenant(seed);
  const { faults, store } = tenant.directory;
  faults.readLagMs = 10_000;
  await tenant.client.api('/users/u0').get();
  expect(faults.felt.stale).toBe(0);
  store.update('u0', { department: 'Sales' });
  await tenant.client.api('/users/u0').get();
  expect(faults.felt.stale).toBe(1);
});

test('a list counts as truncated when it lost something', async () => {
  await using tenant = await startTenant({ ...seed, groups: [{ id: 'g', displayName: 'G' }] });
  const { faults } = tenant.directory;
  faults.truncateLists = true;
  await tenant.client.api('/users').get();
  expect(faults.felt.truncated).toBe(1);
});

test('a rule that hangs fails once the clock has passed, and nobody waits for it meanwhile', async () => {
  await using tenant = await startTenant(seed);
  tenant.directory.faults.fail = [{ path: /u0/, status: 504, times: 1, hangMs: 20_000 }];
  const failed = tenant.client
    .api('/users/u0')
    .get()
    .catch(error => error.statusCode);
  await until(() => tenant.directory.hanging === 1);
  expect(tenant.directory.inFlight).toBe(1);
  clock.advance(20_000);
  expect(await failed).toBe(504);
  expect(tenant.directory.hanging).toBe(0);
});
