import { describe, expect, test } from 'vitest';
import { all, sorted, startTenant } from './client.ts';

const users = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ id: `u${i}`, userPrincipalName: `u${i}@contoso.com` }));

describe('reading objects', () => {
  test('a user without $select has the default properties: accountEnabled is not one of them', async () => {
    await using tenant = await startTenant({ users: users(1) });
    const user = await tenant.client.api('/users/u0').get();
    expect(user).toMatchObject({
      id: 'u0',
      userPrincipalName: 'u0@contoso.com',
      mail: null,
      businessPhones: [],
    });
    expect(user).not.toHaveProperty('accountEnabled');
  });

  test('$select yields exactly what was asked for; a group shows its id unasked', async () => {
    await using tenant = await startTenant({ users: users(1), groups: [{ id: 'g', displayName: 'G' }] });
    const user = await tenant.client.api('/users/u0').select(['displayName', 'accountEnabled']).get();
    expect(sorted(Object.keys(user))).toEqual(['@odata.context', 'accountEnabled', 'displayName']);
    expect(await tenant.client.api('/groups/g').select('visibility').get()).toMatchObject({
      id: 'g',
      visibility: null,
    });
  });

  test('a misspelt property is refused, a relation too', async () => {
    await using tenant = await startTenant({ users: users(1), groups: [{ id: 'g', displayName: 'G' }] });
    for (const path of [
      '/users/u0?$select=accountEnable',
      '/groups/g?$select=members',
      '/groups/g/members?$select=nope',
    ]) {
      await expect(tenant.client.api(path).get()).rejects.toMatchObject({
        statusCode: 400,
        code: 'BadRequest',
      });
    }
  });

  test('pages follow each other without gap or repetition', async () => {
    await using tenant = await startTenant({ users: users(25) });
    const found = await all(tenant, '/users?$select=id&$top=10');
    expect(sorted(found.map(u => u.id))).toEqual(sorted(users(25).map(u => u.id)));
    await expect(tenant.client.api('/users?$top=1000').get()).rejects.toMatchObject({ statusCode: 400 });
  });

  test('a quote in a filter must be doubled', async () => {
    await using tenant = await startTenant({
      users: [{ id: 'u', userPrincipalName: "miles.o'brien@contoso.com" }],
    });
    const found = await tenant.client
      .api('/users')
      .filter("userPrincipalName eq 'miles.o''brien@contoso.com'")
      .get();
    expect(found.value).toHaveLength(1);
    const broken = tenant.client
      .api('/users')
      .filter("userPrincipalName eq 'miles.o'brien@contoso.com'")
      .get();
    await expect(broken).rejects.toMatchObject({ statusCode: 400, code: 'Request_BadRequest' });
  });

  test('a service principal is found by id, by appId in the path and by filter', async () => {
    await using tenant = await startTenant({
      servicePrincipals: [{ id: 'sp', appId: 'app', displayName: 'Databricks' }],
    });
    for (const path of ['/servicePrincipals/sp', "/servicePrincipals(appId='app')"]) {
      expect(await tenant.client.api(path).get()).toMatchObject({ id: 'sp', displayName: 'Databricks' });
    }
    const found = await tenant.client.api("/servicePrincipals?$filter=appId eq 'app'").get();
    expect(found.value).toMatchObject([{ id: 'sp' }]);
    tenant.directory.faults.hideServicePrincipals = true;
    await expect(tenant.client.api('/servicePrincipals/sp').get()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('errors have the documented body', async () => {
    await using tenant = await startTenant();
    await expect(tenant.client.api('/users/nobody').get()).rejects.toMatchObject({
      statusCode: 404,
      code: 'Request_ResourceNotFound',
      requestId: expect.any(String),
    });
    await expect(tenant.client.api('/nonsense').get()).rejects.toMatchObject({
      statusCode: 400,
      code: 'BadRequest',
    });
    await expect(tenant.client.api('/users/x').post({})).rejects.toMatchObject({ statusCode: 405 });
  });

  test('without a token, or with a wrong one, everything is refused', async () => {
    await using tenant = await startTenant();
    const bare = await fetch(`${tenant.directory.url}/v1.0/users`);
    expect([bare.status, ((await bare.json()) as { error: object }).error]).toMatchObject([
      401,
      { code: 'InvalidAuthenticationToken', message: 'Access token is empty.' },
    ]);
    const wrong = await fetch(`${tenant.directory.url}/v1.0/users`, {
      headers: { Authorization: 'Bearer other' },
    });
    expect(wrong.status).toBe(401);
  });

  test('a batch answers each request on its own, and takes at most twenty', async () => {
    await using tenant = await startTenant({ users: users(1) });
    tenant.directory.faults.throttle = [{ path: /u0$/, times: 1, retryAfterSeconds: 2.128 }];
    const before = tenant.directory.requests;
    const requests = [
      { id: '1', method: 'GET', url: '/users/u0' },
      { id: '2', method: 'GET', url: 'users/nobody' },
      { id: '3', method: 'GET', url: '/users?$select=id' },
    ];
    const { responses } = (await tenant.client.api('/$batch').post({ requests })) as {
      responses: { id: string; status: number; headers: Record<string, string>; body: object }[];
    };
    const byId = Object.fromEntries(responses.map(r => [r.id, r]));
    expect(byId['1']).toMatchObject({ status: 429, headers: { 'Retry-After': '2.128' } });
    expect(byId['2']).toMatchObject({ status: 404, body: { error: { code: 'Request_ResourceNotFound' } } });
    expect(byId['3']).toMatchObject({ status: 200, body: { value: [{ id: 'u0' }] } });
    expect(tenant.directory.requests - before).toBe(4);
    const many = Array.from({ length: 21 }, (_, i) => ({ id: `${i}`, method: 'GET', url: '/users/u0' }));
    await expect(tenant.client.api('/$batch').post({ requests: many })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('a failed request fails those that depend on it', async () => {
    await using tenant = await startTenant();
    const requests = [
      { id: 'a', method: 'GET', url: '/users/nobody' },
      { id: 'b', method: 'GET', url: '/users', dependsOn: ['a'] },
    ];
    const { responses } = await tenant.client.api('/$batch').post({ requests });
    expect(responses.find((r: { id: string }) => r.id === 'b')).toMatchObject({ status: 424 });
  });

  test('getByIds and the organization', async () => {
    await using tenant = await startTenant({ users: users(1), groups: [{ id: 'g', displayName: 'G' }] });
    const found = await tenant.client
      .api('/directoryObjects/getByIds')
      .post({ ids: ['u0', 'g', 'x'], types: ['user'] });
    expect(found.value).toMatchObject([
      { '@odata.type': '#microsoft.graph.user', id: 'u0', accountEnabled: true },
    ]);
    const { value } = await tenant.client.api('/organization').get();
    expect(value[0].verifiedDomains[0]).toMatchObject({ name: 'contoso.com', isDefault: true });
  });
});
