import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addWorkspace, call, patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const add = (...ids: string[]): object =>
  patchOp({ op: 'add', path: 'members', value: ids.map(value => ({ value })) });

describe('a workspace', () => {
  test('has identities, a log, faults and counters of its own', async () => {
    const { workspace, send } = await addWorkspace(account);
    const other = await addWorkspace(account);
    expect((await send('POST', '/Users', { userName: 'A@b.c' })).status).toBe(201);
    workspace.faults.push({ status: 503, times: 1 });
    expect((await send('GET', '/Users')).status).toBe(503);
    expect((await other.send('GET', '/Users')).json.totalResults).toBe(0);
    expect(account.store.users).toEqual([]);
    expect(workspace.store.user('a@b.c')).toBeDefined();
    expect(workspace.log).toMatchObject([
      { method: 'POST', path: '/Users', status: 201 },
      { method: 'GET', path: '/Users', status: 503 },
    ]);
    expect([workspace.requests, other.workspace.requests, account.databricks.requests]).toEqual([2, 1, 0]);
  });

  test('gives ids that neither the account nor another workspace knows', async () => {
    const [first, second] = [await addWorkspace(account), await addWorkspace(account)];
    const { json } = await first.send('POST', '/Users', { userName: 'a@b.c' });
    expect(BigInt(json.id)).toBeGreaterThan(2n ** 53n);
    await second.send('POST', '/Users', { userName: 'a@b.c' });
    await account.send('POST', '/Users', { userName: 'a@b.c' });
    expect((await second.send('GET', `/Users/${json.id}`)).status).toBe(404);
    expect((await account.send('GET', `/Users/${json.id}`)).status).toBe(404);
  });

  test('answers in the shape of SCIM, clamps pages, and takes filters in any quotes', async () => {
    const { store, send } = await addWorkspace(account);
    for (let i = 0; i < 101; i++) store.add({ type: 'Users', userName: `u${i}@b.c` });
    expect((await send('GET', '/Users?count=3000')).json).toMatchObject({
      totalResults: 101,
      itemsPerPage: 100,
    });
    for (const value of ['"u7@b.c"', "'u7@b.c'", 'u7@b.c']) {
      const filter = encodeURIComponent(`userName eq ${value}`);
      expect((await send('GET', `/Users?filter=${filter}`)).json.totalResults).toBe(1);
    }
    const refused = await send('GET', `/Users?filter=${encodeURIComponent('userName gt 7')}`);
    expect(refused.json).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: '400',
      scimType: 'invalidFilter',
    });
  });

  test('says of a taken user name what workspaces say', async () => {
    const { send } = await addWorkspace(account);
    await send('POST', '/Users', { userName: 'a@b.c' });
    const { status, json } = await send('POST', '/Users', { userName: 'A@B.C' });
    expect(status).toBe(409);
    expect(json.detail).toBe('User with username a@b.c already exists.');
  });

  test('keeps entitlements, of users and of groups', async () => {
    const { send } = await addWorkspace(account);
    const entitlements = [{ value: 'allow-cluster-create' }];
    for (const [path, body] of [
      ['/Users', { userName: 'a@b.c', entitlements }],
      ['/Groups', { displayName: 'data', entitlements }],
    ] as const) {
      expect((await send('POST', path, body)).json.entitlements).toEqual(entitlements);
    }
  });

  test('marks its groups as its own, answers their PATCH with the group, and shows their parents', async () => {
    const { store, send } = await addWorkspace(account);
    const child = store.add({ type: 'Groups', displayName: 'child' });
    const { json } = await send('POST', '/Groups', { displayName: 'parent' });
    expect(json.meta.resourceType).toBe('WorkspaceGroup');
    const patched = await send('PATCH', `/Groups/${json.id}`, add(child.id));
    expect(patched).toMatchObject({ status: 200, json: { members: [{ value: child.id }] } });
    const shown = await send('GET', `/Groups/${child.id}`);
    expect(shown.json.groups).toMatchObject([{ value: json.id, display: 'parent' }]);
  });

  test('does not know the groups and users of the account', async () => {
    const { store, send } = await addWorkspace(account);
    const foreign = account.store.add({ type: 'Groups', displayName: 'of the account' });
    const group = store.add({ type: 'Groups', displayName: 'data' });
    expect((await send('PATCH', `/Groups/${group.id}`, add(foreign.id))).status).toBe(404);
    expect((await send('GET', `/Groups/${foreign.id}`)).status).toBe(404);
  });

  test('closes with its account, and refuses an id twice', async () => {
    const { workspace } = await addWorkspace(account, { id: '77', name: 'legacy' });
    expect(workspace).toMatchObject({ id: '77', name: 'legacy', federated: false });
    await expect(account.databricks.addWorkspace({ id: '77' })).rejects.toThrow('77');
    const { url } = workspace;
    await account.close();
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('the system groups of a workspace', () => {
  test('are there, and everybody is in users without anybody having put him there', async () => {
    const { store, send } = await addWorkspace(account);
    const { json } = await send('POST', '/Users', { userName: 'a@b.c' });
    const list = await send('GET', '/Groups');
    expect(list.json.Resources.map((group: { displayName: string }) => group.displayName)).toEqual([
      'users',
      'admins',
    ]);
    const users = store.group('users');
    expect((await send('GET', `/Users/${json.id}`)).json.groups).toMatchObject([{ value: users?.id }]);
    expect((await send('GET', `/Groups/${users?.id}`)).json.members).toMatchObject([{ value: json.id }]);
  });

  test.each(['users', 'admins'])('%s can be neither created, renamed, replaced nor deleted', async name => {
    const { store, send } = await addWorkspace(account);
    const id = store.group(name)?.id;
    const rename = patchOp({ op: 'replace', path: 'displayName', value: 'mine' });
    expect((await send('POST', '/Groups', { displayName: name })).status).toBe(409);
    expect((await send('PATCH', `/Groups/${id}`, rename)).status).toBeGreaterThanOrEqual(400);
    expect((await send('PUT', `/Groups/${id}`, { displayName: name })).status).toBe(403);
    expect((await send('DELETE', `/Groups/${id}`)).status).toBe(403);
    expect(store.group(name)?.id).toBe(id);
  });

  test('take members: admins does, users answers 500 to any PATCH', async () => {
    const { store, send } = await addWorkspace(account);
    const { id } = store.add({ type: 'Users', userName: 'a@b.c' });
    expect((await send('PATCH', `/Groups/${store.group('admins')?.id}`, add(id))).status).toBe(200);
    const refused = await send('PATCH', `/Groups/${store.group('users')?.id}`, add(id));
    expect(refused).toMatchObject({
      status: 500,
      json: { detail: 'Error in performing the patch operation on group resource.' },
    });
  });
});

describe('/Me', () => {
  const jwt = (claims: object): string =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

  test('is whoever asks, a service principal too, under its application id', async () => {
    await account.close();
    account = await startAccount({ acceptToken: () => true });
    const { workspace, store } = await addWorkspace(account);
    const robot = store.add({ type: 'ServicePrincipals', applicationId: 'app-1', externalId: 'oid-1' });
    const ada = store.add({ type: 'Users', userName: 'ada@b.c', externalId: 'oid-2' });
    const me = (token: string) => call('GET', `${workspace.scimUrl}/Me`, { token });
    expect((await me(jwt({ oid: 'oid-1' }))).json).toMatchObject({ id: robot.id, userName: 'app-1' });
    expect((await me(jwt({ upn: 'ada@b.c' }))).json).toMatchObject({ id: ada.id, userName: 'ada@b.c' });
    workspace.callers.set('a-token', { id: ada.id });
    expect((await me('a-token')).json).toMatchObject({ id: ada.id });
    const unknown = await me(jwt({ oid: 'oid-3' }));
    expect(unknown).toMatchObject({ status: 200, json: { userName: 'oid-3' } });
    expect(store.find(unknown.json.id)).toBeUndefined();
  });

  test('is read only, and not to be had from an account', async () => {
    const { workspace, send } = await addWorkspace(account);
    expect((await send('PATCH', '/Me', patchOp())).status).toBe(404);
    expect((await account.send('GET', '/Me')).status).toBe(404);
    expect((await call('GET', `${workspace.proxyUrl}/Me`)).status).toBe(404);
  });
});

describe('the account, by way of a workspace,', () => {
  test('is the account: its identities, its log, its gate and its limits', async () => {
    await account.close();
    account = await startAccount({ limits: { write: 1 } });
    const { workspace } = await addWorkspace(account);
    const seen: string[] = [];
    account.databricks.gate = ({ path }) => void seen.push(path);
    const post = (userName: string) => call('POST', `${workspace.proxyUrl}/Users`, { body: { userName } });
    expect((await post('a@b.c')).status).toBe(201);
    expect((await account.send('POST', '/Users', { userName: 'b@b.c' })).status).toBe(429);
    expect(account.store.user('a@b.c')).toBeDefined();
    expect(workspace.store.users).toEqual([]);
    expect(seen).toEqual(['/Users']);
    expect(account.databricks.log.map(({ path, status }) => [path, status])).toEqual([
      ['/Users', 201],
      ['/Users', 429],
    ]);
    expect([workspace.log, workspace.requests]).toEqual([[], 0]);
  });

  test('speaks as account 2.0 does', async () => {
    const { workspace } = await addWorkspace(account);
    const url = `${workspace.proxyUrl}/Users`;
    expect((await call('GET', `${url}?count=3000`)).status).toBe(200);
    await call('POST', url, { body: { userName: 'a@b.c' } });
    const { json } = await call('POST', url, { body: { userName: 'a@b.c' } });
    expect(json).toMatchObject({ status: '409', detail: expect.stringMatching(/^User with email a@b\.c/) });
  });
});
