import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT_ID, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const eq = (attribute: string, value: string): string =>
  `filter=${encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`)}`;

describe('lists', () => {
  beforeEach(() => {
    for (let i = 0; i < 130; i++)
      account.store.add({ type: 'Users', userName: `u${i}@b.c`, externalId: `e${i}` });
  });

  test('give 100 at most: 2.1 refuses to be asked for more, 2.0 gives less than it was asked for', async () => {
    expect((await account.send('GET', '/Users?count=101')).status).toBe(400);
    const { json } = await account.send('GET', '/Users?count=3000&startIndex=1', undefined, '2.0');
    expect(json).toMatchObject({ totalResults: 130, itemsPerPage: 100, startIndex: 1 });
    expect(json.Resources).toHaveLength(100);
  });

  test('count from 1, and leave Resources out when there are none', async () => {
    const second = await account.send('GET', '/Users?startIndex=101');
    expect(second.json.Resources).toHaveLength(30);
    expect(second.json.Resources[0].userName).toBe('u100@b.c');
    const past = await account.send('GET', '/Users?startIndex=131');
    expect(past.json).toMatchObject({ totalResults: 130, itemsPerPage: 0 });
    expect(past.json).not.toHaveProperty('Resources');
    const none = await account.send('GET', '/Users?count=0&startIndex=-4');
    expect(none.json).toMatchObject({ totalResults: 130, startIndex: 1 });
  });

  test('show the attributes asked for, and id always', async () => {
    const { json } = await account.send('GET', '/Users?count=1&attributes=userName,emails.value');
    expect(new Set(Object.keys(json.Resources[0]))).toEqual(new Set(['id', 'schemas', 'userName', 'emails']));
    const without = await account.send('GET', '/Users?count=1&excludedAttributes=emails,meta');
    expect(without.json.Resources[0]).not.toHaveProperty('emails');
  });

  test('filter user names without regard to case', async () => {
    const { json } = await account.send('GET', `/Users?${eq('userName', 'U7@B.C')}`);
    expect(json.Resources.map((user: { userName: string }) => user.userName)).toEqual(['u7@b.c']);
  });

  test.each([
    ['Users', 'externalId eq "e1"'],
    ['Users', 'displayName eq "x"'],
    ['Users', 'userName eq "a" or userName eq "b"'],
    ['Users', 'userName sw "u"'],
    ['Users', "userName eq 'u1@b.c'"],
    ['Users', 'userName eq u1@b.c'],
    ['Users', 'userName eq "u1@b.c'],
    ['Users', ''],
    ['Groups', 'id eq "1"'],
    ['ServicePrincipals', 'displayName eq "x"'],
  ])('of 2.1 refuse what is not documented: %s %s', async (type, filter) => {
    const { status, json } = await account.send('GET', `/${type}?filter=${encodeURIComponent(filter)}`);
    expect(status).toBe(400);
    expect(json.error_code).toBe('INVALID_FILTER');
  });

  test('of 2.0 take comparisons joined by and, which binds first, and or', async () => {
    const filter =
      'userName eq "u1@b.c" or userName sw "u12" and externalId ne "e12" and externalId co "e12"';
    const { json } = await account.send(
      'GET',
      `/Users?filter=${encodeURIComponent(filter)}`,
      undefined,
      '2.0',
    );
    const expected = ['e1', ...Array.from({ length: 10 }, (_, i) => `e12${i}`)];
    expect(json.Resources.map((user: { externalId: string }) => user.externalId)).toEqual(expected);
    const broken = encodeURIComponent('userName eq "a" or');
    expect((await account.send('GET', `/Users?filter=${broken}`, undefined, '2.0')).json.scimType).toBe(
      'invalidFilter',
    );
  });
});

test('account admins are found by their role, on 2.0', async () => {
  const { id } = account.store.add({ type: 'Users', userName: 'a@b.c', roles: ['account_admin'] });
  account.store.add({ type: 'Users', userName: 'b@b.c' });
  const filter = encodeURIComponent('roles.value co "account_admin"');
  const { json } = await account.send('GET', `/Users?filter=${filter}`, undefined, '2.0');
  expect(json.Resources.map((user: { id: string }) => user.id)).toEqual([id]);
  expect((await account.send('GET', `/Users?filter=${filter}`)).status).toBe(400);
});

test('groups are found by external id, exactly', async () => {
  account.store.add({ type: 'Groups', displayName: 'say "hi" \\o/', externalId: 'Abc' });
  expect((await account.send('GET', `/Groups?${eq('externalId', 'Abc')}`)).json.totalResults).toBe(1);
  expect((await account.send('GET', `/Groups?${eq('externalId', 'abc')}`)).json.totalResults).toBe(0);
  expect((await account.send('GET', `/Groups?${eq('displayName', 'say "hi" \\o/')}`)).json.totalResults).toBe(
    1,
  );
});

describe('what is not served', () => {
  test.each([undefined, 'Bearer wrong', 'Basic dXNlcjpwYXNz', TOKEN])(
    'credentials %j get 401',
    async credentials => {
      const headers = new Headers(credentials === undefined ? {} : { authorization: credentials });
      const response = await fetch(`${account.databricks.scimUrl20}/Users`, { headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({
        status: '401',
        detail: expect.stringContaining('Authorization'),
      });
    },
  );

  test.each([
    '/api/2.1/accounts/another/scim/v2/Users',
    `/api/3.0/accounts/${ACCOUNT_ID}/scim/v2/Users`,
    `/api/2.1/accounts/${ACCOUNT_ID}/scim/v2/Schemas`,
    `/api/2.1/accounts/${ACCOUNT_ID}/scim/v2/Users/1/extra`,
    '/api/2.0/preview/scim/v2/Users',
    '/',
  ])('%s is 404 with a text of its own', async path => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${account.databricks.url}${path}`, { headers });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ message: 'Endpoint not supported.' });
  });

  test('an id that is not there is 404 in the words of the real service', async () => {
    const { status, json } = await account.send('GET', '/Groups/1234', undefined, '2.0');
    expect(status).toBe(404);
    expect(json).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      detail: 'Group with id 1234 is not found',
      status: '404',
    });
  });

  test('a method that a resource does not have is 405, a body that is no JSON object 400', async () => {
    expect((await account.send('POST', '/Users/1', {})).status).toBe(405);
    expect((await account.send('POST', '/Users', [])).status).toBe(400);
    expect((await account.send('POST', '/Users')).status).toBe(400);
  });
});

describe('hooks for tests', () => {
  test('the log tells what came, in order, and who wrote', async () => {
    const claims = Buffer.from(JSON.stringify({ oid: 'writer-1' })).toString('base64url');
    await account.send('POST', '/Users', { userName: 'a@b.c' });
    await fetch(`${account.databricks.scimUrl}/Users?${eq('userName', 'a@b.c')}`, {
      headers: { authorization: `Bearer header.${claims}.signature` },
    });
    expect(account.databricks.log).toMatchObject([
      {
        method: 'POST',
        path: '/Users',
        status: 201,
        body: { userName: 'a@b.c' },
        principalOfWriter: undefined,
      },
      {
        method: 'GET',
        path: '/Users?filter=userName eq "a@b.c"',
        status: 401,
        principalOfWriter: 'writer-1',
      },
    ]);
    expect(account.databricks.requests).toBe(2);
  });

  test('a gate holds a request before it is applied, and afterApply before it is answered', async () => {
    const opened = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const seen: unknown[] = [];
    account.databricks.gate = () => {
      arrived.resolve();
      return opened.promise;
    };
    account.databricks.afterApply = request => {
      seen.push([request.status, account.store.users.length]);
    };
    const answer = account.send('POST', '/Users', { userName: 'a@b.c' });
    await arrived.promise;
    expect([account.store.users.length, account.databricks.inFlight]).toEqual([0, 1]);
    opened.resolve();
    expect((await answer).status).toBe(201);
    expect(seen).toEqual([[201, 1]]);
    expect(account.databricks.inFlight).toBe(0);
  });

  test('close ends a held request', async () => {
    account.databricks.faults.push({ hangMs: 60_000, times: 1 });
    const held = account.send('GET', '/Users').catch((error: Error) => error);
    while (account.databricks.inFlight === 0) await new Promise(setImmediate);
    await account.close();
    expect(await held).toBeInstanceOf(Error);
  });
});
