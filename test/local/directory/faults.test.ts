import { describe, expect, test } from 'vitest';
import { all, startTenant, until } from './client.ts';

const seed = {
  users: Array.from({ length: 5 }, (_, i) => ({ id: `u${i}`, userPrincipalName: `u${i}@contoso.com` })),
};

describe('faults', () => {
  test('throttling counts down and carries Retry-After', async () => {
    await using tenant = await startTenant(seed);
    tenant.directory.faults.throttle = [{ path: /users/, times: 1, retryAfterSeconds: 2.5 }];
    const failed = await tenant.client
      .api('/users/u0')
      .get()
      .catch(e => e);
    expect([failed.statusCode, failed.code, failed.headers.get('Retry-After')]).toEqual([
      429,
      'TooManyRequests',
      '2.5',
    ]);
    await tenant.client.api('/users/u0').get();
  });

  test('a rule fails what it names, by method and path', async () => {
    await using tenant = await startTenant(seed);
    tenant.directory.faults.fail = [
      { method: 'PATCH', path: /u0/, status: 503, code: 'serviceNotAvailable', times: 1 },
    ];
    await tenant.client.api('/users/u0').get();
    await expect(tenant.client.api('/users/u0').patch({ mail: 'x' })).rejects.toMatchObject({
      statusCode: 503,
    });
    await tenant.client.api('/users/u0').patch({ mail: 'x' });
  });

  test('status 0 cuts the connection', async () => {
    await using tenant = await startTenant(seed);
    tenant.directory.faults.fail = [{ path: /u0/, status: 0, times: 1 }];
    await expect(tenant.client.api('/users/u0').get()).rejects.toMatchObject({ statusCode: -1 });
  });

  test('a truncated list looks complete and is not', async () => {
    await using tenant = await startTenant(seed);
    tenant.directory.faults.truncateLists = /\/users/;
    expect(await all(tenant, '/users?$top=2')).toHaveLength(4);
    expect(await all(tenant, '/users?$top=10')).toEqual([]);
  });

  test('the last page of every kind of list can get lost', async () => {
    await using tenant = await startTenant({
      ...seed,
      servicePrincipals: [{ id: 'app' }],
      groups: [{ id: 'g', displayName: 'G', members: ['u0', 'u1', 'u2'] }],
      assignments: ['u0', 'u1', 'u2'].map(principalId => ({ principalId, resourceId: 'app' })),
    });
    const paths = [
      '/users?$top=2',
      '/groups?$top=2',
      '/servicePrincipals?$top=2',
      '/groups/g/members?$top=2',
      '/groups/g/transitiveMembers?$top=2',
      '/users/u0/memberOf?$top=2',
      '/servicePrincipals/app/appRoleAssignedTo?$top=2',
      '/users/u0/appRoleAssignments?$top=2',
    ];
    tenant.directory.faults.truncateLists = true;
    const left = await Promise.all(paths.map(async path => (await all(tenant, path)).length));
    expect(left).toEqual([4, 0, 0, 2, 2, 0, 2, 0]);
  });

  test('the last page of a delta round can get lost, with the changes on it', async () => {
    await using tenant = await startTenant(seed);
    const start = await tenant.client.api('/groups/delta?$select=id&$deltatoken=latest').get();
    const link = tenant.relative(start['@odata.deltaLink']);
    for (let i = 0; i < 150; i++) tenant.directory.store.addGroup({ displayName: 'G' });
    tenant.directory.faults.truncateLists = /groups\/delta/;
    const page = await tenant.client.api(link).get();
    expect([page.value.length, page['@odata.nextLink']]).toEqual([100, undefined]);
    tenant.directory.faults.truncateLists = false;
    expect(await all(tenant, tenant.relative(page['@odata.deltaLink']))).toEqual([]);
    expect(await all(tenant, link)).toHaveLength(150);
  });

  test('pages can repeat the last item of the page before', async () => {
    await using tenant = await startTenant(seed);
    tenant.directory.faults.repeatAcrossPages = /\/users/;
    const ids = async (path: string) => (await all(tenant, path)).map(u => u.id);
    expect(await ids('/users?$top=2')).toEqual(['u0', 'u1', 'u1', 'u2', 'u3', 'u3', 'u4']);
    expect(await ids('/users?$top=1')).toEqual(['u0', 'u0', 'u1', 'u1', 'u2', 'u2', 'u3', 'u3', 'u4']);
    for (let i = 0; i < 101; i++) tenant.directory.store.addUser({ userPrincipalName: `x${i}@contoso.com` });
    expect(await ids('/users/delta')).toHaveLength(107);
  });

  test('the gate holds a request until it opens', async () => {
    await using tenant = await startTenant(seed);
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    tenant.directory.faults.gate = ({ method, path }) => {
      seen.push(`${method} ${path}`);
      return gate.promise;
    };
    const pending = tenant.client.api('/users/u0').get();
    await until(() => seen.length === 1);
    expect(tenant.directory.inFlight).toBe(1);
    expect(seen).toEqual(['GET /v1.0/users/u0']);
    gate.resolve();
    await pending;
    await until(() => tenant.directory.inFlight === 0);
  });
});
