import { beforeEach, describe, expect, test } from 'vitest';
import { onTestClock } from '../../harness/on-test-clock.ts';
import type { TestClock } from '../../harness/test-clock.ts';
import { ACCOUNT_ID, addWorkspace, call, patchOp, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
let clock: TestClock;
onTestClock(async given => {
  clock = given;
  account = await startAccount();
  return account;
});

describe('an account SCIM token', () => {
  test('opens SCIM 2.1 of the account and nothing else', async () => {
    const { workspace } = await addWorkspace(account);
    const { databricks } = account;
    databricks.scimTokens.push('dsapi-1');
    const status = async (url: string) => (await call('GET', url, { token: 'dsapi-1' })).status;
    expect(await status(`${databricks.scimUrl}/Users`)).toBe(200);
    for (const url of [
      `${databricks.scimUrl20}/Users`,
      `${databricks.url}/api/2.0/accounts/${ACCOUNT_ID}/workspaces`,
      `${databricks.url}/api/2.1/accounts/another/scim/v2/Users`,
      `${workspace.scimUrl}/Users`,
      `${workspace.proxyUrl}/Users`,
    ]) {
      expect([url, await status(url)]).toEqual([url, 403]);
    }
    expect(account.store.users).toEqual([]);
  });

  test.each([
    ['a day, the old one works for that long', 86_400_000],
    ['nothing, the old one is refused at once', 0],
  ])('is regenerated: with an overlap of %s', async (_what, overlapMs) => {
    const { databricks } = account;
    const first = databricks.regenerateScimToken(0);
    const second = databricks.regenerateScimToken(overlapMs);
    const status = async (token: string) =>
      (await call('GET', `${databricks.scimUrl}/Users`, { token })).status;
    expect(await status(second)).toBe(200);
    expect(await status(first)).toBe(overlapMs > 0 ? 200 : 401);
    clock.advance(overlapMs - 1_000);
    expect(await status(first)).toBe(overlapMs > 0 ? 200 : 401);
    clock.advance(1_000);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
  });

  test('lives no longer because another one was made since', async () => {
    const { databricks } = account;
    const first = databricks.regenerateScimToken(0);
    databricks.regenerateScimToken(10_000);
    clock.advance(5_000);
    databricks.regenerateScimToken(86_400_000);
    clock.advance(5_000);
    expect((await call('GET', `${databricks.scimUrl}/Users`, { token: first })).status).toBe(401);
  });

  test('is as powerless as whoever owns it', async () => {
    const token = account.databricks.regenerateScimToken(0);
    account.databricks.callers.set(token, { admin: false });
    const url = `${account.databricks.scimUrl}/Users`;
    expect((await call('POST', url, { token, body: { userName: 'a@b.c' } })).status).toBe(403);
  });
});

describe('an OAuth token', () => {
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  });
  const form = 'grant_type=client_credentials&scope=all-apis';
  const ask = (url: string, headers = basic('app-1', 's3cret'), body = form) =>
    call('POST', url, { token: null, headers, body });

  beforeEach(() => {
    account.databricks.oauthClients.set('app-1', { secrets: ['s3cret', 'newer'], admin: true });
  });

  test('is issued for an hour to whoever knows one of the secrets, and names the client in the log', async () => {
    const { databricks } = account;
    const { status, json } = await ask(databricks.tokenUrl, basic('app-1', 'newer'));
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3_600, scope: 'all-apis' });
    const users = () => call('GET', `${databricks.scimUrl}/Users`, { token: json.access_token });
    expect((await users()).status).toBe(200);
    expect(databricks.log.at(-1)?.principalOfWriter).toBe('app-1');
    clock.advance(3_600_000 - 1_000);
    expect((await users()).status).toBe(200);
    clock.advance(1_000);
    expect((await users()).status).toBe(401);
  });

  test.each([
    ['a wrong secret', 401, 'invalid_client', basic('app-1', 'wrong'), form],
    ['an unknown client', 401, 'invalid_client', basic('app-2', 's3cret'), form],
    ['another grant', 400, 'unsupported_grant_type', undefined, 'grant_type=password&scope=all-apis'],
    ['another scope', 400, 'invalid_scope', undefined, 'grant_type=client_credentials&scope=scim'],
    ['JSON', 400, 'unsupported_grant_type', undefined, '{"grant_type":"client_credentials"}'],
  ])('is refused for %s', async (_what, status, error, headers, body) => {
    const answer = await ask(account.databricks.tokenUrl, headers, body);
    expect(answer).toMatchObject({ status, json: { error, error_description: expect.any(String) } });
  });

  test('is good on the host that issued it, and on no other', async () => {
    const { workspace } = await addWorkspace(account);
    const { databricks } = account;
    const ofAccount = (await ask(databricks.tokenUrl)).json.access_token;
    const ofWorkspace = (await ask(`${workspace.url}/oidc/v1/token`)).json.access_token;
    const status = async (url: string, token: string) => (await call('GET', url, { token })).status;
    expect(await status(`${databricks.scimUrl20}/Users`, ofAccount)).toBe(200);
    expect(await status(`${workspace.scimUrl}/Users`, ofAccount)).toBe(401);
    expect(await status(`${workspace.scimUrl}/Users`, ofWorkspace)).toBe(200);
    expect(await status(`${workspace.proxyUrl}/Users`, ofWorkspace)).toBe(200);
    expect(await status(`${databricks.scimUrl20}/Users`, ofWorkspace)).toBe(401);
  });

  test('ends when it is revoked, and when its client is deleted', async () => {
    const { databricks } = account;
    const users = async (token: string) =>
      (await call('GET', `${databricks.scimUrl}/Users`, { token })).status;
    const first = (await ask(databricks.tokenUrl)).json.access_token;
    databricks.revokeOAuthTokens('app-1');
    const second = (await ask(databricks.tokenUrl)).json.access_token;
    expect([await users(first), await users(second)]).toEqual([401, 200]);
    databricks.oauthClients.delete('app-1');
    expect(await users(second)).toBe(401);
  });

  test('of a client that is no admin writes nothing', async () => {
    account.databricks.oauthClients.set('app-2', { secrets: ['s'], admin: false });
    const { json } = await ask(account.databricks.tokenUrl, basic('app-2', 's'));
    const url = `${account.databricks.scimUrl20}/Groups`;
    const { status } = await call('POST', url, { token: json.access_token, body: { displayName: 'x' } });
    expect(status).toBe(403);
  });

  test('meets only the faults that name its endpoint, and its secret is in no log', async () => {
    const { databricks } = account;
    databricks.faults.push({ status: 401, times: 1 });
    expect((await ask(databricks.tokenUrl)).status).toBe(200);
    const body = 'Temporarily throttled, too many requests';
    databricks.faults = [{ path: /^\/oidc\//, status: 429, body, times: 1 }];
    expect(await ask(databricks.tokenUrl)).toMatchObject({ status: 429, text: body });
    expect(JSON.stringify(databricks.log)).not.toContain('s3cret');
  });
});

describe('a personal access token', () => {
  test('is good for its workspace alone', async () => {
    const [first, second] = [await addWorkspace(account), await addWorkspace(account)];
    first.workspace.tokens.push('dapi-1');
    const status = async (url: string) => (await call('GET', `${url}/Users`, { token: 'dapi-1' })).status;
    expect(await status(first.workspace.scimUrl)).toBe(200);
    expect(await status(second.workspace.scimUrl)).toBe(401);
    expect(await status(account.databricks.scimUrl)).toBe(401);
  });
});

describe('an identity that is not in the workspace', () => {
  const managed = (resourceId: string, token = 'management') => ({
    'X-Databricks-Azure-SP-Management-Token': token,
    'X-Databricks-Azure-Workspace-Resource-Id': resourceId,
  });

  test('gets in as one who manages it in Azure, and not otherwise', async () => {
    const { workspace } = await addWorkspace(account);
    workspace.callers.set(TOKEN, { joined: false });
    const status = async (headers?: Record<string, string>) =>
      (await call('GET', `${workspace.scimUrl}/Users`, { headers })).status;
    const bare = await call('GET', `${workspace.scimUrl}/Users`);
    expect(bare).toMatchObject({ status: 403, json: { detail: expect.stringContaining(workspace.id) } });
    expect(await status(managed(workspace.resourceId))).toBe(200);
    expect(await status(managed(workspace.resourceId.toUpperCase()))).toBe(200);
    expect(await status(managed('/subscriptions/another'))).toBe(403);
    expect(await status(managed(workspace.resourceId, TOKEN))).toBe(403);
    const { 'X-Databricks-Azure-SP-Management-Token': _none, ...half } = managed(workspace.resourceId);
    expect(await status(half)).toBe(403);
  });

  test('gets into another workspace, and into the account, as before', async () => {
    const [first, second] = [await addWorkspace(account), await addWorkspace(account)];
    first.workspace.callers.set(TOKEN, { joined: false });
    expect((await second.send('GET', '/Users')).status).toBe(200);
    expect((await call('GET', `${first.workspace.proxyUrl}/Users`)).status).toBe(403);
    expect((await account.send('GET', '/Users')).status).toBe(200);
  });
});

describe('an identity that is no admin', () => {
  beforeEach(() => {
    account.databricks.callers.set(TOKEN, { admin: false });
  });

  test('reads ids and display names', async () => {
    const { id } = account.store.add({ type: 'Users', userName: 'a@b.c', displayName: 'Ada' });
    const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
    const shown = { schemas, id, displayName: 'Ada' };
    expect((await account.send('GET', `/Users/${id}`)).json).toEqual(shown);
    const list = await account.send(
      'GET',
      '/Users?attributes=userName,emails&excludedAttributes=displayName',
    );
    expect(list.json.Resources).toEqual([{ schemas, id }]);
  });

  test('is refused every write by name, and everything that is not SCIM', async () => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data' });
    for (const [method, path, body] of [
      ['POST', '/Groups', { displayName: 'x' }],
      ['PATCH', `/Groups/${id}`, patchOp({ op: 'replace', path: 'displayName', value: 'x' })],
      ['PUT', `/Groups/${id}`, { displayName: 'x' }],
      ['DELETE', `/Groups/${id}`, undefined],
    ] as const) {
      const { status, json } = await account.send(method, path, body, '2.0');
      expect(status).toBe(403);
      expect(json.detail).toBe(`/2.0/accounts/${ACCOUNT_ID}/scim/v2/Groups is only accessible by admins`);
    }
    const { workspace } = await addWorkspace(account, { federated: true });
    const assignments = `/workspaces/${workspace.id}/permissionassignments`;
    for (const [method, path] of [
      ['GET', '/workspaces'],
      ['GET', assignments],
      ['PUT', `${assignments}/principals/${id}`],
    ] as const) {
      const body = method === 'PUT' ? { permissions: ['USER'] } : undefined;
      expect((await account.platform(method, path, body)).status).toBe(403);
    }
    expect(workspace.assignments.size).toBe(0);
    expect(account.store.groups).toMatchObject([{ displayName: 'data' }]);
  });

  test('of the account may still be one of a workspace, which opens the account by way of it', async () => {
    const { workspace, send } = await addWorkspace(account);
    expect((await send('POST', '/Groups', { displayName: 'data' })).status).toBe(201);
    const viaProxy = () => call('POST', `${workspace.proxyUrl}/Users`, { body: { userName: 'a@b.c' } });
    expect((await viaProxy()).status).toBe(201);
    workspace.callers.set(TOKEN, { admin: false });
    expect((await viaProxy()).status).toBe(403);
    const refused = await send('POST', '/Groups', { displayName: 'x' });
    expect(refused.json.detail).toBe('/2.0/preview/scim/v2/Groups is only accessible by admins');
  });
});
