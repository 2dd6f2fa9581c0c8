import { expect, test } from 'vitest';
import { onTestClock } from '../../harness/on-test-clock.ts';
import type { TestClock } from '../../harness/test-clock.ts';
import { ACCOUNT_ID, call, startAccount, type TestAccount } from './fixture.ts';

const MINUTE = 60_000;
let account: TestAccount;
let clock: TestClock;
onTestClock(async given => {
  clock = given;
  account = await startAccount();
  return account;
});

const switched = (on: boolean) => account.control('PUT', 'aim', { on, transitionMs: 10 * MINUTE });

/** How the next requests take it: a resolve of somebody unknown is 404 where it is on, and 400 where it is off. */
async function seen(requests: number): Promise<string> {
  const url = `${account.databricks.url}/api/2.0/identity/accounts/${ACCOUNT_ID}/users/resolve-by-external-id`;
  const answers: string[] = [];
  for (let request = 0; request < requests; request += 1) {
    const { status } = await call('POST', url, { body: { external_id: 'nobody' } });
    answers.push(status === 404 ? 'on' : 'off');
  }
  return answers.join(' ');
}

test('for ten minutes after it was switched, requests see it by turns', async () => {
  expect((await switched(true)).json).toMatchObject({ on: true, transitionMs: 10 * MINUTE });
  expect(await seen(4)).toBe('off on off on');
  clock.advance(10 * MINUTE - 1_000);
  expect(await seen(2)).toBe('off on');
  clock.advance(1_000);
  expect(await seen(3)).toBe('on on on');
  await switched(false);
  expect(await seen(3)).toBe('on off on');
  clock.advance(10 * MINUTE);
  expect(await seen(2)).toBe('off off');
});

test('SCIM writes take part in it', async () => {
  await switched(true);
  const create = (name: string) =>
    account.send('POST', '/Users', { userName: `${name}@b.c`, externalId: name });
  expect([(await create('a')).status, (await create('b')).status, (await create('c')).status]).toEqual([
    201, 400, 201,
  ]);
});

test('to set anything else is not to switch it, and no transition is longer than is documented', async () => {
  await switched(true);
  clock.advance(10 * MINUTE);
  await account.control('PUT', 'aim', { on: true, hidesUnused: true });
  expect(await seen(2)).toBe('on on');
  expect((await account.control('PUT', 'aim', { transitionMs: 10 * MINUTE + 1 })).status).toBe(400);
  await account.control('POST', 'reset');
  expect(await seen(2)).toBe('off off');
});
