import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AimIdentity } from '../../../src/local/databricks/aim.ts';
import { ACCOUNT_ID, addWorkspace, call, patchOp, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const ADA = 'entra-ada';
const ada: AimIdentity = {
  type: 'Users',
  userName: 'ada@b.c',
  displayName: 'Ada',
  name: { givenName: 'Ada', familyName: 'L' },
};
const identity = (method: string, path: string, body?: unknown) =>
  call(method, `${account.databricks.url}/api/2.0/identity/accounts/${ACCOUNT_ID}${path}`, { body });
const resolve = (kind: string, external_id: unknown) =>
  identity('POST', `/${kind}/resolve-by-external-id`, { external_id });

describe('resolving by external id', () => {
  beforeEach(() => {
    account.databricks.aim.on = true;
    account.databricks.aim.directory.set(ADA, ada);
  });

  test('is an error without automatic identity management, and creates nobody', async () => {
    account.databricks.aim.on = false;
    expect(await resolve('users', ADA)).toMatchObject({
      status: 400,
      json: { error_code: 'FEATURE_DISABLED' },
    });
    expect(account.store.users).toEqual([]);
  });

  test('creates whom the identity provider knows, once', async () => {
    const first = await resolve('users', ADA);
    expect(first.status).toBe(200);
    const { id } = account.store.user('ada@b.c') ?? {};
    expect(first.json).toEqual({
      user: {
        account_id: ACCOUNT_ID,
        user_id: id,
        external_id: ADA,
        username: 'ada@b.c',
        full_name: { given_name: 'Ada', family_name: 'L' },
        account_user_status: 'ACTIVE',
      },
    });
    expect((await resolve('users', ADA)).json).toEqual(first.json);
    expect(account.store.users).toHaveLength(1);
  });

  test.each([
    ['an id that nobody has', 'users', 'nobody'],
    ['the id of something else', 'groups', ADA],
  ])('is 404 for %s', async (_what, kind, id) => {
    expect((await resolve(kind, id)).status).toBe(404);
    expect([...account.store.users, ...account.store.groups]).toEqual([]);
  });

  test.each([undefined, '', 7])('is 400 for the id %j', async id => {
    expect((await resolve('users', id)).status).toBe(400);
  });

  test.each([
    ['resolveByExternalId', 'groups', 'group', { type: 'Groups', displayName: 'data' }, 'group_name'],
    [
      'resolveByExternalId',
      'servicePrincipals',
      'service_principal',
      { type: 'ServicePrincipals', applicationId: 'app', displayName: 'etl' },
      'application_id',
    ],
    [
      'resolve-by-external-id',
      'service-principals',
      'service_principal',
      { type: 'ServicePrincipals', applicationId: 'app', displayName: 'etl' },
      'application_id',
    ],
  ] as const)('has the path %s of %s', async (path, kind, key, entry, field) => {
    account.databricks.aim.directory.set('ext', entry);
    const answer = await identity('POST', `/${kind}/${path}`, { external_id: 'ext' });
    expect(answer.json[key]).toMatchObject({ external_id: 'ext', [field]: expect.any(String) });
    const own = path === 'resolveByExternalId' ? /"internal_id":\d+/ : /"service_principal_id":"\d+"/;
    expect(answer.text).toMatch(own);
  });

  test('is done by a GET of the external identity as well', async () => {
    const { status, json } = await identity('GET', `/external-users/${ADA}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ external_user_id: ADA, internal_id: account.store.user('ada@b.c')?.id });
    expect((await identity('GET', '/external-users/nobody')).status).toBe(404);
  });

  test('takes a local user of the name for him, and a group of the name for a conflict', async () => {
    const local = account.store.add({ type: 'Users', userName: 'ada@b.c' });
    expect((await resolve('users', ADA)).json.user.user_id).toBe(local.id);
    expect(account.store.get('Users', local.id)?.externalId).toBe(ADA);
    account.store.add({ type: 'Groups', displayName: 'data' });
    account.databricks.aim.directory.set('g', { type: 'Groups', displayName: 'data' });
    expect((await resolve('groups', 'g')).status).toBe(409);
  });

  test('brings up to date what the identity provider has changed', async () => {
    await resolve('users', ADA);
    account.databricks.aim.directory.set(ADA, { ...ada, displayName: 'Ada B' });
    await resolve('users', ADA);
    expect(account.store.user('ada@b.c')?.displayName).toBe('Ada B');
  });

  test('is for admins', async () => {
    account.databricks.callers.set(TOKEN, { admin: false });
    expect((await resolve('users', ADA)).status).toBe(403);
    expect(account.store.users).toEqual([]);
  });
});

describe('under automatic identity management SCIM', () => {
  const patch = (path: string, ...operations: object[]) =>
    account.send('PATCH', path, patchOp(...operations));

  test.each([
    ['/Users', { userName: 'a@b.c' }],
    ['/Groups', { displayName: 'data' }],
    ['/ServicePrincipals', { applicationId: 'app' }],
  ])('creates no external identity, unless it is not enforced: %s', async (path, body) => {
    const { aim } = account.databricks;
    aim.on = true;
    const external = { ...body, externalId: 'e' };
    expect((await account.send('POST', path, external)).status).toBe(400);
    const local = await account.send('POST', path, body);
    expect(local.status).toBeLessThan(300);
    await account.send('DELETE', `${path}/${local.json.id}`);
    aim.scimEnforced = false;
    expect((await account.send('POST', path, external)).json.externalId).toBe('e');
  });

  test('changes nothing of an external identity but externalId and active', async () => {
    const { id } = account.store.add({ type: 'Users', userName: 'a@b.c', externalId: 'e', displayName: 'A' });
    account.databricks.aim.on = true;
    const path = `/Users/${id}`;
    expect((await patch(path, { op: 'replace', path: 'displayName', value: 'B' })).status).toBe(400);
    expect((await patch(path, { op: 'replace', value: { active: false, displayName: 'B' } })).status).toBe(
      400,
    );
    expect((await account.send('PUT', path, { userName: 'a@b.c' })).status).toBe(400);
    expect(account.store.get('Users', id)).toMatchObject({ displayName: 'A', active: true });
    expect((await patch(path, { op: 'replace', path: 'active', value: false })).status).toBe(200);
    expect((await patch(path, { op: 'replace', path: 'externalId', value: 'f' })).status).toBe(200);
    expect(account.store.get('Users', id)).toMatchObject({ externalId: 'f', active: false });
  });

  test('changes what it wants of a local identity', async () => {
    const { id } = account.store.add({ type: 'Users', userName: 'a@b.c' });
    account.databricks.aim.on = true;
    const renamed = await patch(`/Users/${id}`, { op: 'replace', path: 'displayName', value: 'B' });
    expect(renamed.json.displayName).toBe('B');
  });

  test.each([true, false])('never changes memberships of an external group: enforced %s', async enforced => {
    const user = account.store.add({ type: 'Users', userName: 'a@b.c' });
    const group = account.store.add({ type: 'Groups', displayName: 'data', externalId: 'e' });
    Object.assign(account.databricks.aim, { on: true, scimEnforced: enforced });
    const add = { op: 'add', path: 'members', value: [{ value: user.id }] };
    expect((await patch(`/Groups/${group.id}`, add)).status).toBe(400);
    const rename = await patch(`/Groups/${group.id}`, { op: 'replace', path: 'displayName', value: 'x' });
    expect(rename.status).toBe(enforced ? 400 : 204);
    expect(account.store.get('Groups', group.id)?.members.size).toBe(0);
  });

  test('does not list whom nobody has used, though his name is taken', async () => {
    Object.assign(account.databricks.aim, { on: true, hidesUnused: true });
    account.databricks.aim.directory.set(ADA, ada);
    const { json } = await resolve('users', ADA);
    const { workspace } = await addWorkspace(account);
    const filter = `?filter=${encodeURIComponent('userName eq "ada@b.c"')}`;
    const listed = async (): Promise<unknown[]> => [
      (await account.send('GET', '/Users')).json.totalResults,
      (await account.send('GET', `/Users${filter}`)).json.totalResults,
      (await call('GET', `${workspace.proxyUrl}/Users`)).json.totalResults,
    ];
    expect(await listed()).toEqual([0, 0, 0]);
    expect((await account.send('POST', '/Users', { userName: 'ada@b.c' })).status).toBe(409);
    expect((await account.send('GET', `/Users/${json.user.user_id}`)).status).toBe(200);
    account.store.change('Users', json.user.user_id, { isUnused: false });
    expect(await listed()).toEqual([1, 1, 1]);
  });
});
