import { describe, expect, test } from 'vitest';
import { accountEndpoint, ENTRA_RESOURCE } from '../../src/databricks/endpoint.ts';
import { limitsOf, PUBLISHED_LIMITS } from '../../src/databricks/limits.ts';
import { isReservedGroupName } from '../../src/databricks/reserved-groups.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';

describe('the account endpoint', () => {
  const accountId = '8b3c1a52-0000-4000-8000-000000000001';
  test.each([
    ['https://accounts.azuredatabricks.net', undefined, 'https://accounts.azuredatabricks.net/api/2.1/'],
    ['accounts.azuredatabricks.us', '2.1', 'https://accounts.azuredatabricks.us/api/2.1/'],
    ['https://accounts.azuredatabricks.net/', '2.0', 'https://accounts.azuredatabricks.net/api/2.0/'],
    ['http://127.0.0.1:8080', undefined, 'http://127.0.0.1:8080/api/2.1/'],
  ] as const)('of host %j and version %j', (host, apiVersion, start) => {
    expect(accountEndpoint({ host, accountId, apiVersion })).toBe(`${start}accounts/${accountId}/scim/v2`);
  });

  test.each(['', 'https://', 'https://host/path', 'https://user@host', 'host?x', 'a b'])(
    'refuses host %j',
    host => {
      expect(() => accountEndpoint({ host, accountId })).toThrow(ConfigurationError);
    },
  );

  test.each(['', '../x', 'a/b', '<account id>'])('refuses account id %j', id => {
    expect(() => accountEndpoint({ host: 'accounts.azuredatabricks.net', accountId: id })).toThrow(/GUID/);
  });
});

test('the scope is that of Azure Databricks', () => {
  expect(ENTRA_RESOURCE).toBe('2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default');
});

test('the published limits are 20, 4, 5 and 2 requests a second', () => {
  const perSecond = Object.entries(PUBLISHED_LIMITS).map(([name, { requests, perMs }]) => [
    name,
    (requests / perMs) * 1000,
  ]);
  expect(Object.fromEntries(perSecond)).toEqual({ get: 20, list: 4, write: 5, patch: 2 });
});

test('a workspace is read no more than 255 times a minute, one and many together, and written at what is known to pass', () => {
  const { get, list, write, patch } = limitsOf('workspace');
  expect(get.perMs === 60_000 && list.perMs === 60_000).toBe(true);
  expect(get.requests + list.requests).toBe(255);
  expect([write, patch]).toEqual([
    { requests: 35, perMs: 60_000 },
    { requests: 10, perMs: 60_000 },
  ]);
});

describe('reserved group names', () => {
  test.each([
    'users',
    'Admins',
    'ACCOUNT USERS',
    ' admins\t',
    'account  users',
    'account\u00a0users',
    'ａｄｍｉｎｓ',
  ])('%j is one', name => expect(isReservedGroupName(name)).toBe(true));
  test.each(['user', 'sql-admins', 'accountusers', 'users 2', ''])('%j is none', name => {
    expect(isReservedGroupName(name)).toBe(false);
  });
});
