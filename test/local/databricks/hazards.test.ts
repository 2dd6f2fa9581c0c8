import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
let clock: TestClock;
beforeEach(() => {
  clock = createTestClock();
  clock.install();
});
afterEach(async () => {
  clock.dispose();
  await account.close();
});

describe('limits', () => {
  /** With the clock's help: refilling during the test itself is less than one request. */
  const slow = { patch: 2, write: 2, get: 2, list: 2 };

  test('each class has its own bucket of one second, shared by both API versions', async () => {
    account = await startAccount({ limits: slow });
    const user = account.store.add({ type: 'Users', userName: 'a@b.c' });
    const patch = patchOp({ op: 'replace', path: 'displayName', value: 'A' });
    const statuses: number[] = [];
    for (const version of ['2.0', '2.1', '2.0'] as const) {
      statuses.push((await account.send('PATCH', `/Users/${user.id}`, patch, version)).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
    expect((await account.send('GET', `/Users/${user.id}`)).status).toBe(200);
    expect(account.databricks.throttled).toBe(1);
    clock.advance(1_000);
    expect((await account.send('PATCH', `/Users/${user.id}`, patch)).status).toBe(200);
  });

  test.each([
    ['seconds', '1'],
    ['none', null],
  ] as const)('a 429 says how long to wait: %s', async (retryAfter, header) => {
    account = await startAccount({ limits: { ...slow, retryAfter } });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await account.send('POST', '/Users', { userName: `u${i}@b.c` }));
    expect(answers[2]?.status).toBe(429);
    expect(answers[2]?.headers.get('retry-after')).toBe(header);
    expect(account.store.users).toHaveLength(2);
  });

  test('are the published ones by default', async () => {
    account = await startAccount({ limits: {} });
    expect(account.databricks.limits).toEqual({
      get: 20,
      list: 4,
      patch: 2,
      write: 5,
      assignment: 5,
      retryAfter: 'seconds',
    });
  });
});

describe('faults', () => {
  beforeEach(async () => {
    account = await startAccount();
  });

  test('strike the matching requests, so many times, after so many', async () => {
    account.databricks.faults.push({ method: 'POST', path: /^\/Users$/, status: 503, times: 1, after: 1 });
    const statuses = [];
    for (const name of ['a', 'b', 'c']) {
      statuses.push((await account.send('POST', '/Users', { userName: `${name}@b.c` })).status);
      await account.send('GET', '/Users');
    }
    expect(statuses).toEqual([201, 503, 201]);
    expect(account.databricks.faults).toEqual([]);
  });

  test('may be an error after the request was applied', async () => {
    account.databricks.faults.push({ method: 'POST', status: 500, times: 1, applied: true });
    expect((await account.send('POST', '/Groups', { displayName: 'data' })).status).toBe(500);
    expect(account.store.group('data')).toBeDefined();
  });

  test('may have any body and header', async () => {
    const html = '<html><body><pre>upstream</pre></body></html>';
    const headers = { 'retry-after': '7' };
    account.databricks.faults.push({ status: 502, times: 1, body: html, contentType: 'text/html', headers });
    const answer = await account.send('GET', '/Users');
    expect(answer).toMatchObject({ status: 502, text: html });
    expect(answer.headers.get('retry-after')).toBe('7');
  });

  test.each([false, true])('may reset the connection, applied before that: %s', async applied => {
    account.databricks.faults.push({ method: 'POST', reset: true, times: 1, applied });
    await expect(account.send('POST', '/Groups', { displayName: 'data' })).rejects.toThrow();
    expect(account.store.groups).toHaveLength(applied ? 1 : 0);
  });

  test('may hold a request and apply it late', async () => {
    account.databricks.faults.push({ method: 'POST', hangMs: 3_600_000, times: 1 });
    const answer = account.send('POST', '/Groups', { displayName: 'data' });
    while (account.databricks.inFlight === 0) await new Promise(setImmediate);
    expect(account.store.groups).toEqual([]);
    clock.advance(3_600_000);
    expect((await answer).status).toBe(201);
  });
});

test('lagging reads show the past and the present in turn, for a minute at most', async () => {
  account = await startAccount();
  const user = account.store.add({ type: 'Users', userName: 'a@b.c', displayName: 'old' });
  account.databricks.readLagMs = 60_000;
  clock.advance(60_000);
  const rename = patchOp({ op: 'replace', path: 'displayName', value: 'new' });
  expect((await account.send('PATCH', `/Users/${user.id}`, rename)).json.displayName).toBe('new');
  await account.send('POST', '/Groups', { displayName: 'data', members: [{ value: user.id }] });

  const names: unknown[] = [];
  const groups: number[] = [];
  for (let i = 0; i < 4; i++) {
    const { json } = await account.send('GET', `/Users/${user.id}`);
    names.push([json.displayName, json.groups?.length ?? 0]);
  }
  for (let i = 0; i < 2; i++) groups.push((await account.send('GET', '/Groups')).json.totalResults);
  expect(names).toEqual([
    ['old', 0],
    ['new', 1],
    ['old', 0],
    ['old', 0],
  ]);
  expect(groups).toEqual([0, 1]);

  clock.advance(60_000);
  for (let i = 0; i < 4; i++) {
    expect((await account.send('GET', `/Users/${user.id}`)).json).toMatchObject({ displayName: 'new' });
  }
});

test('lagging reads are all of the past where the lag is steady', async () => {
  account = await startAccount();
  await account.control('PUT', 'behaviour', { readLagMs: 60_000, steadyLag: true });
  await account.send('POST', '/Groups', { displayName: 'data' });
  const shown = async (): Promise<number[]> => {
    const totals: number[] = [];
    for (let i = 0; i < 4; i++) totals.push((await account.send('GET', '/Groups')).json.totalResults);
    return totals;
  };
  expect(await shown()).toEqual([0, 0, 0, 0]);
  clock.advance(60_000);
  expect(await shown()).toEqual([1, 1, 1, 1]);
  await account.control('POST', 'reset');
  expect(account.databricks.steadyLag).toBe(false);
});

test('a deleted resource lingers in lagging reads and its name is free at once', async () => {
  account = await startAccount();
  account.databricks.readLagMs = 30_000;
  const group = account.store.add({ type: 'Groups', displayName: 'data' });
  clock.advance(30_000);
  await account.send('DELETE', `/Groups/${group.id}`);
  expect((await account.send('GET', `/Groups/${group.id}`)).status).toBe(200);
  expect((await account.send('GET', `/Groups/${group.id}`)).status).toBe(404);
  expect((await account.send('POST', '/Groups', { displayName: 'data' })).status).toBe(201);
});
