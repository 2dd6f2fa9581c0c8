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
