import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';

// Read by the SDK when it is loaded: as an operator would set it.
vi.hoisted(() => {
  process.env.AZURE_LOG_LEVEL = 'verbose';
});

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

test('the verbose log of the SDK shows no token, no body and no filter value', async () => {
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation(chunk => written.push(String(chunk)) > 0);
  try {
    const client = account.client({ credential: { token: 'the-secret-token' } });
    await client.find('Users', 'userName', 'ada@contoso.com').catch(() => {});
    await client.create('Users', { userName: 'ada@contoso.com' }).catch(() => {});
  } finally {
    spy.mockRestore();
  }
  expect(written.join('')).toContain('/scim/v2/Users');
  expect(written.join('')).not.toMatch(/ada|contoso|the-secret-token/);
});
