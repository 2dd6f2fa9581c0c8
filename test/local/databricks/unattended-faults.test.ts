import { expect, test } from 'vitest';
import { onTestClock } from '../../harness/on-test-clock.ts';
import type { TestClock } from '../../harness/test-clock.ts';
import { startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
let clock: TestClock;
onTestClock(async given => {
  clock = given;
  account = await startAccount();
  return account;
});

test('short lists leave resources out and count without them, so many times', async () => {
  for (const name of ['a', 'b', 'c']) account.store.add({ type: 'Groups', displayName: name });
  const totals = async (): Promise<number> =>
    (await account.send('GET', '/Groups')).json.totalResults as number;
  account.databricks.shortLists = { times: 1, leaveOut: 2 };
  expect([await totals(), await totals()]).toEqual([1, 3]);
  account.databricks.shortLists = { times: 1, leaveOut: 100 };
  expect([await totals(), await totals()]).toEqual([0, 3]);
  expect(account.databricks.shortened).toBe(2);
});

test('a request that hangs unattended is in flight and hanging until the clock has passed, then it is applied', async () => {
  account.databricks.faults = [{ method: 'POST', times: 1, hangMs: 30_000, unattended: true }];
  const pending = account.send('POST', '/Groups', { displayName: 'late' });
  await expect.poll(() => account.databricks.hanging).toBe(1);
  expect(account.databricks.inFlight).toBe(1);
  expect(account.store.groups).toEqual([]);
  clock.advance(30_000);
  expect((await pending).status).toBe(201);
  expect([account.databricks.hanging, account.databricks.inFlight]).toEqual([0, 0]);
});

test('only reads that saw an older moment count as stale', async () => {
  account.store.add({ type: 'Groups', displayName: 'a' });
  await account.send('GET', '/Groups');
  account.databricks.readLagMs = 10_000;
  await account.send('GET', '/Groups');
  await account.send('POST', '/Groups', { displayName: 'b' });
  expect(account.databricks.staleReads).toBe(1);
});
