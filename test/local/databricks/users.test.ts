import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const ada = { userName: "Ada.O'Brien@Contoso.com", displayName: 'Ada', externalId: 'aaaa', active: true };

describe('user names', () => {
  test('are lower-cased, fill the work email and come back with an id beyond 2^53', async () => {
    const { status, json } = await account.send('POST', '/Users', ada);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      userName: "ada.o'brien@contoso.com",
      emails: [{ type: 'work', value: "ada.o'brien@contoso.com", primary: true }],
      active: true,
      meta: { resourceType: 'User', location: expect.stringMatching(/\/Users\/\d+$/) },
    });
    expect(BigInt(json.id)).toBeGreaterThan(2n ** 53n);
    expect(json).not.toHaveProperty('roles');
    expect(json).not.toHaveProperty('groups');
  });

  test.each([
    ['2.0', { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: '409' }, 'detail'],
    ['2.1', { error_code: 'RESOURCE_ALREADY_EXISTS' }, 'message'],
  ] as const)(
    'are unique without regard to case, refused in the shape of %s',
    async (version, shape, text) => {
      await account.send('POST', '/Users', ada);
      const { status, json } = await account.send(
        'POST',
        '/Users',
        { userName: "ADA.o'brien@contoso.COM" },
        version,
      );
      expect(status).toBe(409);
      expect(json).toMatchObject(shape);
      expect(json[text]).toMatch(
        /^User with email ADA\.o'brien@contoso\.COM already exists in this account/i,
      );
    },
  );

  test('and emails are silently kept by PATCH and PUT', async () => {
    const { json } = await account.send('POST', '/Users', ada);
    const patched = await account.send(
      'PATCH',
      `/Users/${json.id}`,
      patchOp(
        { op: 'replace', path: 'userName', value: 'new@contoso.com' },
        { op: 'replace', path: 'emails[type eq "work"].value', value: 'new@contoso.com' },
        { op: 'replace', value: { emails: [{ value: 'new@contoso.com' }], displayName: 'Ada B' } },
      ),
    );
    expect(patched.status).toBe(200);
    expect(patched.json).toMatchObject({
      userName: json.userName,
      emails: json.emails,
      displayName: 'Ada B',
    });

    const put = await account.send('PUT', `/Users/${json.id}`, { userName: 'new@contoso.com' });
    expect(put.status).toBe(200);
    expect(put.json.userName).toBe(json.userName);
  });

  test.each([
    ['without an @', { userName: 'ada' }],
    ['missing', { displayName: 'Ada' }],
    ['other than the work email', { userName: 'a@b.c', emails: [{ type: 'work', value: 'x@b.c' }] }],
  ])('%s are refused', async (_what, body) => {
    expect((await account.send('POST', '/Users', body)).status).toBe(400);
    expect(account.store.users).toEqual([]);
  });
});

test.each([
  ['a boolean', { op: 'replace', path: 'active', value: false }],
  ['a string', { op: 'replace', path: 'active', value: 'false' }],
  ['a capitalised string', { op: 'Replace', path: 'active', value: 'False' }],
  ['a wrapped string, as Terraform sends it', { op: 'replace', path: 'active', value: [{ value: 'false' }] }],
  ['a boolean without a path', { op: 'replace', value: { active: false } }],
])('active is accepted as %s', async (_form, operation) => {
  const user = account.store.add({ type: 'Users', userName: 'a@b.c' });
  const { status, json } = await account.send('PATCH', `/Users/${user.id}`, patchOp(operation));
  expect(status).toBe(200);
  expect(json.active).toBe(false);
});

test('PUT loses what it does not name, and reactivates', async () => {
  const { json } = await account.send('POST', '/Users', {
    ...ada,
    active: false,
    roles: [{ value: 'account_admin' }],
    name: { givenName: 'Ada', familyName: "O'Brien" },
  });
  expect(json).toMatchObject({
    roles: [{ value: 'account_admin' }],
    name: { givenName: 'Ada' },
    active: false,
  });
  const put = await account.send('PUT', `/Users/${json.id}`, { userName: ada.userName });
  expect(new Set(Object.keys(put.json))).toEqual(
    new Set(['schemas', 'id', 'userName', 'displayName', 'active', 'emails', 'meta']),
  );
  expect(put.json).toMatchObject({ active: true, displayName: ada.userName.toLowerCase() });
});

test('roles are added and removed by value', async () => {
  const user = account.store.add({ type: 'Users', userName: 'a@b.c', roles: ['other'] });
  const path = `/Users/${user.id}`;
  const add = patchOp({ op: 'add', path: 'roles', value: [{ value: 'account_admin' }] });
  expect((await account.send('PATCH', path, add)).json.roles).toEqual([
    { value: 'other' },
    { value: 'account_admin' },
  ]);
  const remove = patchOp({ op: 'remove', path: 'roles[value eq "account_admin"]' });
  expect((await account.send('PATCH', path, remove)).json.roles).toEqual([{ value: 'other' }]);
});

test('an externalId is at most 64 characters long, and clearing it is ignored for a user', async () => {
  const longest = 'x'.repeat(64);
  expect((await account.send('POST', '/Users', { ...ada, externalId: `${longest}x` })).status).toBe(400);
  const { json } = await account.send('POST', '/Users', { ...ada, externalId: longest });
  const clear = patchOp({ op: 'replace', path: 'externalId', value: '' });
  expect((await account.send('PATCH', `/Users/${json.id}`, clear)).json.externalId).toBe(longest);
});

test('a user shows the groups it is a direct member of, and DELETE takes it out of them', async () => {
  const user = account.store.add({ type: 'Users', userName: 'a@b.c' });
  const group = account.store.add({ type: 'Groups', displayName: 'data', members: [user.id] });
  const { json } = await account.send('GET', `/Users/${user.id}`);
  expect(json.groups).toEqual([
    { value: group.id, display: 'data', $ref: `Groups/${group.id}`, type: 'direct' },
  ]);

  const deleted = await account.send('DELETE', `/Users/${user.id}`);
  expect(deleted).toMatchObject({ status: 204, text: '' });
  expect((await account.send('GET', `/Users/${user.id}`)).status).toBe(404);
  expect((await account.send('GET', `/Groups/${group.id}`)).json).not.toHaveProperty('members');
});

test('who is switched off keeps groups and roles and is switched on with them', async () => {
  const user = account.store.add({ type: 'Users', userName: 'a@b.c', roles: ['account_admin'] });
  const group = account.store.add({ type: 'Groups', displayName: 'data', members: [user.id] });
  for (const active of [false, true]) {
    const patch = patchOp({ op: 'replace', path: 'active', value: active });
    const { json } = await account.send('PATCH', `/Users/${user.id}`, patch);
    expect(json).toMatchObject({
      active,
      roles: [{ value: 'account_admin' }],
      groups: [{ value: group.id }],
    });
  }
});

test.each([
  ['loses the role', 'PATCH', patchOp({ op: 'remove', path: 'roles[value eq "account_admin"]' })],
  ['is switched off', 'PATCH', patchOp({ op: 'replace', path: 'active', value: false })],
  ['is deleted', 'DELETE', undefined],
])('nothing stops the moment in which the last account admin %s', async (_what, method, body) => {
  const admin = account.store.add({ type: 'Users', userName: 'a@b.c', roles: ['account_admin'] });
  expect((await account.send(method, `/Users/${admin.id}`, body)).status).toBeLessThan(300);
  const admins = account.store.users.filter(user => user.active && user.roles.has('account_admin'));
  expect(admins).toEqual([]);
});

test('a deleted user is gone for good: who comes back under the name is somebody else', async () => {
  const group = account.store.add({ type: 'Groups', displayName: 'data' });
  const { json } = await account.send('POST', '/Users', ada);
  const add = (id: string) => patchOp({ op: 'add', path: 'members', value: [{ value: id }] });
  await account.send('PATCH', `/Groups/${group.id}`, add(json.id));
  await account.send('DELETE', `/Users/${json.id}`);
  for (const [method, body] of [
    ['GET', undefined],
    ['PATCH', patchOp({ op: 'replace', path: 'active', value: true })],
    ['PUT', ada],
    ['DELETE', undefined],
  ] as const) {
    expect((await account.send(method, `/Users/${json.id}`, body)).status).toBe(404);
  }
  const again = await account.send('POST', '/Users', ada);
  expect(again.status).toBe(201);
  expect(again.json.id).not.toBe(json.id);
  expect(again.json).not.toHaveProperty('groups');
  expect((await account.send('PATCH', `/Groups/${group.id}`, add(json.id))).status).toBe(404);
});

test('an account that is full refuses the next principal, and those switched off count', async () => {
  account.store.caps.principals = 2;
  await account.send('POST', '/Users', { ...ada, active: false });
  expect((await account.send('POST', '/ServicePrincipals', { applicationId: 'one' })).status).toBe(200);
  expect((await account.send('POST', '/Users', { userName: 'b@b.c' })).status).toBe(400);
  expect((await account.send('POST', '/ServicePrincipals', { applicationId: 'two' })).status).toBe(400);
  expect((await account.send('POST', '/Groups', { displayName: 'data' })).status).toBe(201);
});
