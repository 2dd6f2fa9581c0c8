import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DatabricksCredential } from '../../src/databricks/credential.ts';
import { classifyFailure } from '../../src/databricks/failure.ts';
import { accountTokenUrl, workspaceTokenUrl } from '../../src/databricks/token-endpoint.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { type Place, startPlace } from './door.ts';

const ACCOUNT_ID = '8b3c1a52-0000-4000-8000-000000000001';
const CLIENT_ID = '11111111-2222-4333-8444-555555555555';
const DAY = 24 * 3_600_000;
let clock: TestClock;
let place: Place;
let databricks: LocalDatabricks;
let workspace: LocalWorkspace;

beforeEach(async () => {
  clock = createTestClock();
  clock.install();
  place = await startPlace();
  databricks = await startDatabricks({
    accountId: ACCOUNT_ID,
    limits: 'off',
    acceptToken: token => token.startsWith('entra-'),
  });
  workspace = await databricks.addWorkspace();
});
afterEach(async () => {
  await databricks.close();
  await place.close();
  clock.dispose();
});

function clientOf(baseUrl: string, credential: DatabricksCredential): ScimClient {
  const authorization = place.signIns.open(credential);
  return new ScimClient({ baseUrl, authorization, allowInsecureConnection: true });
}

const inVault = (name: string): DatabricksCredential => ({
  kind: 'token',
  secret: { kind: 'keyVault', secretUrl: place.vault.secretUrl(name) },
});

let created = 0;
/** Creates somebody, and says how that ended. */
async function create(client: ScimClient): Promise<string> {
  created += 1;
  try {
    await client.create('Users', { userName: `user${created}@contoso.com` });
    return 'created';
  } catch (error) {
    return String(classifyFailure(error, { operation: 'create' }));
  }
}

describe('an account SCIM token', () => {
  let client: ScimClient;
  beforeEach(() => {
    place.vault.set('scim-token', databricks.regenerateScimToken(0));
    client = clientOf(databricks.scimUrl, inVault('scim-token'));
  });

  test.each([
    ['a day of overlap', DAY],
    ['none', 0],
  ])('is rotated in the middle of the work without a failure: %s', async (_what, overlapMs) => {
    for (let i = 0; i < 60; i += 1) {
      if (i === 20) {
        place.vault.set('scim-token', databricks.regenerateScimToken(overlapMs));
      }
      expect(await create(client)).toBe('created');
      clock.advance(30 * 60_000);
    }
    expect(databricks.store.list('Users')).toHaveLength(60);
    const refused = databricks.log.filter(({ status }) => status === 401);
    expect(refused).toHaveLength(0);
  });

  test('that ends at once, between two readings, fails nobody and creates nobody twice', async () => {
    expect(await create(client)).toBe('created');
    clock.advance(1_000);
    place.vault.set('scim-token', databricks.regenerateScimToken(0));
    expect(await Promise.all(Array.from({ length: 12 }, () => create(client)))).toEqual(
      Array(12).fill('created'),
    );
    expect(databricks.store.list('Users')).toHaveLength(13);
  });

  test('that ends before the vault has the next makes the target unavailable until then', async () => {
    expect(await create(client)).toBe('created');
    const next = databricks.regenerateScimToken(0);
    expect(await create(client)).toMatch(
      /^TargetUnavailable: SCIM POST Users: 401.*not accepted: the token in/,
    );
    place.vault.set('scim-token', next);
    clock.advance(10_001);
    expect(await create(client)).toBe('created');
  });
});

test.each(['account', 'workspace'] as const)('OAuth for machines, with a rotated secret: %s', async level => {
  const tokenUrl =
    level === 'account' ? accountTokenUrl(databricks.url, ACCOUNT_ID) : workspaceTokenUrl(workspace.url);
  const client = { secrets: ['old'], admin: true };
  databricks.oauthClients.set(CLIENT_ID, client);
  place.vault.set('client-secret', 'old');
  const secret = { kind: 'keyVault', secretUrl: place.vault.secretUrl('client-secret') } as const;
  const scim = clientOf(level === 'account' ? databricks.scimUrl : workspace.scimUrl, {
    kind: 'oauth',
    clientId: CLIENT_ID,
    secret,
    tokenUrl,
  });
  expect(await create(scim)).toBe('created');
  clock.advance(11_000);
  client.secrets = ['new'];
  place.vault.set('client-secret', 'new');
  databricks.revokeOAuthTokens();
  expect(await create(scim)).toBe('created');
  client.admin = false;
  expect(await create(scim)).toMatch(
    /^TargetUnavailable: .* 403.*; not allowed: the Databricks service principal 11111111-.*\. Check that it is still an admin/,
  );
});

test("a workspace's personal access token opens that workspace", async () => {
  workspace.tokens.push('dapi-of-the-workspace');
  place.vault.set('pat', 'dapi-of-the-workspace');
  expect(await create(clientOf(workspace.scimUrl, inVault('pat')))).toBe('created');
  expect(await create(clientOf(databricks.scimUrl, inVault('pat')))).toMatch(/^TargetUnavailable: .*401/);
});

test('the Entra identity opens the account, and a workspace it has not joined by what it manages in Azure', async () => {
  expect(await create(clientOf(databricks.scimUrl, { kind: 'entra' }))).toBe('created');
  for (let i = 1; i < 9; i += 1) workspace.callers.set(`entra-${i}`, { joined: false });
  expect(await create(clientOf(workspace.scimUrl, { kind: 'entra' }))).toMatch(/^TargetUnavailable: .*403/);
  const { resourceId } = workspace;
  const managing = { kind: 'entra', workspaceResourceId: resourceId } as const;
  expect(await create(clientOf(workspace.scimUrl, managing))).toBe('created');
});
