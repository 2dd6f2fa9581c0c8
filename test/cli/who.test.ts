import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whoeverAsks } from '../../src/cli/who.ts';
import { defaultConfig } from '../../src/config/provisioning-config.ts';
import { objectIdOf } from '../../src/identity/token-claims.ts';
import { type ManagedIdentity, startManagedIdentity } from '../../src/local/managed-identity.ts';

const config = defaultConfig({
  tenantId: randomUUID(),
  applicationObjectId: randomUUID(),
  accountId: randomUUID(),
});
const entra = { tableUri: 'https://a.table.core.windows.net', blobUri: 'https://a.blob.core.windows.net' };
let identity: ManagedIdentity;
let before: NodeJS.ProcessEnv;

beforeEach(async () => {
  before = { ...process.env };
  identity = await startManagedIdentity();
});
afterEach(async () => {
  process.env = before;
  await identity.close();
});

test('a decision is that of the Entra identity that signed in, whatever the user of the machine is called', async () => {
  Object.assign(process.env, identity.env);
  const by = await whoeverAsks({ storage: entra, config });
  expect(by).toMatch(/^[0-9a-f-]{36}$/);
  const answer = await fetch(
    `${identity.env.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent('https://storage.azure.com')}`,
    { headers: { 'X-IDENTITY-HEADER': identity.env.IDENTITY_HEADER } },
  );
  const { access_token: token } = (await answer.json()) as { access_token: string };
  expect(by).toBe(objectIdOf(token));
  // Whoever calls himself otherwise is the same person still.
  process.env.USER = 'somebody-else';
  process.env.LOGNAME = 'somebody-else';
  expect(await whoeverAsks({ storage: entra, config })).toBe(by);
});

test('where the storage account is opened with a key, it is the user of the machine', async () => {
  const storage = { connectionString: 'UseDevelopmentStorage=true' };
  expect(await whoeverAsks({ storage, config })).toBe(userInfo().username);
});
