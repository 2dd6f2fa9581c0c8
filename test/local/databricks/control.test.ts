import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDatabricks } from '../../../src/local/databricks/server.ts';
import { ACCOUNT_ID, call, OPERATOR_TOKEN, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

describe('the control API', () => {
  test("is the operator's alone, and neither counted nor logged", async () => {
    const url = `${account.databricks.url}/_local/`;
    for (const token of [null, TOKEN, account.databricks.regenerateScimToken(0)]) {
      expect((await call('GET', url, { token })).status).toBe(401);
    }
    expect((await call('GET', url, { token: OPERATOR_TOKEN })).status).toBe(200);
    expect([account.databricks.requests, account.databricks.log]).toEqual([0, []]);
  });

  test('is not there without an operator token', async () => {
    const bare = await startDatabricks({ accountId: ACCOUNT_ID, acceptToken: () => true });
    expect((await call('GET', `${bare.url}/_local/`)).status).toBe(404);
    await bare.close();
  });

  test('shows everything at once', async () => {
    await account.control('POST', 'workspaces', { name: 'legacy' });
    const { json } = await account.control('GET', '');
    expect(json).toMatchObject({
      accountId: ACCOUNT_ID,
      requests: 0,
      limits: 'off',
      faults: [],
      behaviour: { readLagMs: 0, removeMembersWithValue: 'removeAll' },
      caps: { principals: 10_000 },
      aim: { on: false, directory: {} },
      workspaces: [{ name: 'legacy', federated: false, tokens: [], behaviour: { entitlements: 'kept' } }],
    });
  });

  test('changes what a body names and leaves the rest as it is', async () => {
    expect((await account.control('PUT', 'behaviour', { readLagMs: 5_000 })).json).toMatchObject({
      readLagMs: 5_000,
      removeMembersWithValue: 'removeAll',
    });
    await account.control('PUT', 'behaviour', {
      removeMembersWithValue: 'removeListed',
      staleFirstReads: true,
    });
    expect(account.databricks).toMatchObject({
      readLagMs: 5_000,
      removeMembersWithValue: 'removeListed',
      staleFirstReads: true,
    });
    await account.control('PUT', 'caps', { groups: 1 });
    expect(account.databricks.caps).toMatchObject({ groups: 1, principals: 10_000 });
  });

  test('sets limits, beginning with the published ones, and a second client', async () => {
    const { json } = await account.control('PUT', 'limits', { patch: 1, window: 'sliding', hidden: 0.6 });
    expect(json).toMatchObject({ patch: 1, get: 20, window: 'sliding', hidden: 0.6 });
    expect(account.databricks.limits).toEqual(json);
    expect((await account.control('PUT', 'second-client', { write: 2 })).json).toEqual({ write: 2 });
    expect((await account.control('PUT', 'limits', 'off')).status).toBe(400);
    expect((await account.control('PUT', 'limits', '"off"')).status).toBe(200);
    expect(account.databricks.limits).toBe('off');
  });

  test('sets faults, with the path as the text of a pattern', async () => {
    const rules = [
      { method: 'post', path: '^/Groups', status: 500, applied: true },
      { method: 'POST', sends: '"displayName":"bad', status: 400 },
      { reset: true, times: 'always', after: 1 },
    ];
    const { json } = await account.control('PUT', 'faults', rules);
    expect(json).toEqual([
      { method: 'POST', path: '^/Groups', status: 500, applied: true, times: 1 },
      { method: 'POST', sends: '"displayName":"bad', status: 400, times: 1 },
      { reset: true, times: 'always', after: 1 },
    ]);
    expect((await account.send('POST', '/Groups', { displayName: 'data' })).status).toBe(500);
    expect(account.store.group('data')).toBeDefined();
    expect((await account.send('GET', '/Users')).status).toBe(200);
    expect((await account.send('POST', '/Groups', { displayName: 'bad one' })).status).toBe(400);
    await expect(account.send('GET', '/Users')).rejects.toThrow();
    expect((await account.control('GET', 'faults')).json).toHaveLength(1);
  });

  test('switches automatic identity management', async () => {
    const directory = { e1: { type: 'Users', userName: 'a@b.c' } };
    await account.control('PUT', 'aim', { on: true, directory });
    expect((await account.control('GET', 'aim')).json).toEqual({
      on: true,
      scimEnforced: true,
      hidesUnused: false,
      transitionMs: 0,
      directory,
    });
    const url = `${account.databricks.url}/api/2.0/identity/accounts/${ACCOUNT_ID}/users/resolve-by-external-id`;
    expect((await call('POST', url, { body: { external_id: 'e1' } })).status).toBe(200);
  });

  test('adds workspaces, and sets what is theirs', async () => {
    const { status, json } = await account.control('POST', 'workspaces', {
      id: '77',
      name: 'main',
      federated: true,
    });
    expect([status, json.scimUrl]).toEqual([201, `${json.url}/api/2.0/preview/scim/v2`]);
    expect((await account.control('POST', 'workspaces', { id: '77' })).status).toBe(409);
    await account.control('PUT', 'workspaces/77/federation', { federated: false });
    await account.control('PUT', 'workspaces/77/tokens', ['dapi-1']);
    await account.control('PUT', 'workspaces/77/callers', { [TOKEN]: { joined: false } });
    await account.control('PUT', 'workspaces/77/faults', [{ status: 503 }]);
    expect((await call('GET', `${json.scimUrl}/Users`)).status).toBe(403);
    expect((await call('GET', `${json.scimUrl}/Users`, { token: 'dapi-1' })).status).toBe(503);
    expect((await account.control('GET', 'workspaces')).json).toMatchObject([{ id: '77', federated: false }]);
    expect((await account.control('GET', 'workspaces/78/limits')).status).toBe(404);
  });

  test('makes SCIM tokens, and OAuth clients', async () => {
    const { status, json } = await account.control('POST', 'scim-tokens', { overlapMs: 60_000 });
    expect(status).toBe(201);
    expect((await call('GET', `${account.databricks.scimUrl}/Users`, { token: json.token })).status).toBe(
      200,
    );
    await account.control('PUT', 'oauth-clients', { 'app-1': { secrets: ['s'] } });
    expect(account.databricks.oauthClients.get('app-1')).toEqual({ secrets: ['s'], admin: true });
  });

  test('tells the log, from a moment on', async () => {
    await account.send('POST', '/Users', { userName: 'a@b.c' });
    const { records } = (await account.control('GET', 'log')).json;
    expect(records).toMatchObject([{ method: 'POST', path: '/Users', status: 201 }]);
    const since = records[0].at + 1;
    expect((await account.control('GET', `log?since=${since}`)).json.records).toEqual([]);
    expect((await account.control('GET', 'log?since=yesterday')).status).toBe(400);
  });

  test('begins anew, but for who may sign in', async () => {
    await account.control('POST', 'workspaces', { id: '77' });
    const workspace = account.databricks.workspaces.get('77');
    const token = account.databricks.regenerateScimToken(0);
    workspace?.store.add({ type: 'Users', userName: 'a@b.c' });
    const before = account.store.add({ type: 'Users', userName: 'a@b.c' });
    await account.send('GET', '/Users');
    await account.control('PUT', 'faults', [{ status: 503 }]);
    await account.control('PUT', 'limits', { patch: 1 });
    await account.control('PUT', 'behaviour', { readLagMs: 1, staleFirstReads: true, entitlements: 'kept' });
    await account.control('PUT', 'caps', { groups: 0 });
    await account.control('PUT', 'aim', { on: true });
    const { status, json } = await account.control('POST', 'reset');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      requests: 0,
      faults: [],
      limits: 'off',
      behaviour: { readLagMs: 0, staleFirstReads: false, entitlements: 'ignored' },
      caps: { groups: 5_000 },
      aim: { on: false },
      'scim-tokens': [token],
    });
    expect([account.store.users, workspace?.store.users, account.databricks.log]).toEqual([[], [], []]);
    expect(workspace?.store.groups.map(({ displayName }) => displayName)).toEqual(['users', 'admins']);
    expect(account.store.add({ type: 'Users', userName: 'a@b.c' }).id).not.toBe(before.id);
  });

  test('begins anew with full limits, no assignments, and everybody an admin', async () => {
    const { databricks } = account;
    const workspace = await databricks.addWorkspace({ federated: true });
    workspace.assignments.set(account.store.add({ type: 'Groups', displayName: 'data' }).id, 'USER');
    databricks.limits = { get: 1, list: 1, patch: 1, write: 1, retryAfter: 'seconds' };
    databricks.secondClient({ list: 1 });
    expect((await account.send('GET', '/Users')).status).toBe(200);
    databricks.callers.set(TOKEN, { admin: false });
    databricks.reset();
    databricks.limits = { get: 1, list: 1, patch: 1, write: 1, retryAfter: 'seconds' };
    expect([workspace.assignments.size, databricks.callers.size]).toEqual([0, 0]);
    expect((await account.control('GET', 'second-client')).json).toEqual({});
    expect((await account.send('GET', '/Users')).status).toBe(200);
  });

  test.each([
    ['limits', { patch: 0 }, 'patch'],
    ['limits', { hidden: 1.5 }, 'hidden'],
    ['limits', { rate: 5 }, 'rate'],
    ['faults', [{ status: 99 }], '[0].status'],
    ['faults', [{ path: '(', status: 500 }], 'not a regular expression'],
    ['faults', [{ method: 'GET' }], 'a status, a reset or a hangMs'],
    ['behaviour', { readLagMs: 60_001 }, 'readLagMs'],
    ['behaviour', { removeMembersWithValue: 'removeSome' }, 'removeListed'],
    ['caps', { groups: -1 }, 'groups'],
    ['aim', { directory: { e: { type: 'User' } } }, 'directory.e.type'],
    ['second-client', { posts: 1 }, 'posts'],
    ['callers', { a: { admin: 'yes' } }, 'a.admin'],
  ])('says what is wrong with %s %j', async (name, body, what) => {
    const before = (await account.control('GET', name)).json;
    const { status, json } = await account.control('PUT', name, body);
    expect(status).toBe(400);
    expect(json.message).toContain(what);
    expect((await account.control('GET', name)).json).toEqual(before);
  });

  test.each([
    ['GET', 'nothing', 404],
    ['GET', 'constructor', 404],
    ['DELETE', 'limits', 405],
    ['PUT', 'log', 404],
    ['PUT', 'limits/patch', 404],
  ])('%s %s is %i', async (method, path, status) => {
    expect((await account.control(method, path, method === 'GET' ? undefined : {})).status).toBe(status);
  });
});
