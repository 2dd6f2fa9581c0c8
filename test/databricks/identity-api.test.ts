import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classifyFailure } from '../../src/databricks/failure.ts';
import { IdentityApi } from '../../src/databricks/identity-api.ts';
import { type LocalDatabricks, startDatabricks } from '../../src/local/databricks/server.ts';

const ACCOUNT_ID = '8b3c1a52-0000-4000-8000-000000000001';

function apiOf(accountUrl: string, token: string): IdentityApi {
  return new IdentityApi({
    accountUrl,
    accountId: ACCOUNT_ID,
    authorization: {
      sign: async refused =>
        refused.length > 0 ? undefined : { headers: { Authorization: `Bearer ${token}` }, by: 'somebody' },
    },
    allowInsecureConnection: true,
  });
}

describe('at the local account', () => {
  let databricks: LocalDatabricks;
  beforeEach(async () => {
    databricks = await startDatabricks({
      accountId: ACCOUNT_ID,
      limits: 'off',
      acceptToken: token => token === 'entra',
    });
    databricks.aim.directory.set('oid-ada', { type: 'Users', userName: 'ada@b.c' });
    databricks.aim.directory.set('oid-data', { type: 'Groups', displayName: 'data' });
    databricks.aim.directory.set('oid-app', { type: 'ServicePrincipals', applicationId: 'app' });
  });
  afterEach(() => databricks.close());
  const nobody = () => [...databricks.store.users, ...databricks.store.groups];

  test('it is seen to be off and on, and nobody is brought in by asking', async () => {
    const api = apiOf(databricks.url, 'entra');
    expect(await api.probe()).toEqual({ aim: 'off' });
    databricks.aim.on = true;
    expect(await api.probe()).toEqual({ aim: 'on' });
    expect(nobody()).toEqual([]);
  });

  test('whoever may not ask does not know, and hears who he is', async () => {
    databricks.aim.on = true;
    databricks.callers.set('entra', { admin: false });
    expect(await apiOf(databricks.url, 'entra').probe()).toEqual({
      aim: 'unknown',
      reason: 'SCIM POST users/resolve-by-external-id: 403 PERMISSION_DENIED, as somebody',
    });
    // A SCIM token opens nothing but SCIM.
    const scim = await apiOf(databricks.url, databricks.regenerateScimToken(0)).probe();
    expect(scim).toMatchObject({ aim: 'unknown', reason: expect.stringContaining('403') });
    // Not even a server at fault is taken for an answer.
    databricks.faults.push({ method: 'POST', status: 500, times: 1 });
    const faulty = await apiOf(databricks.url, 'entra').probe();
    expect(faulty).toMatchObject({ aim: 'unknown', reason: expect.stringContaining('500') });
  });

  test.each([
    ['Users', 'oid-ada'],
    ['Groups', 'oid-data'],
    ['ServicePrincipals', 'oid-app'],
  ] as const)('%s are resolved to the id that SCIM knows them under, digit by digit', async (type, id) => {
    databricks.aim.on = true;
    const found = await apiOf(databricks.url, 'entra').resolve(type, id);
    expect(found).toBe(databricks.store.list(type)[0]?.id);
    expect(await apiOf(databricks.url, 'entra').resolve(type, 'oid-nobody')).toBeUndefined();
  });

  test('that it is off is told from other refusals', async () => {
    const refused = async () =>
      classifyFailure(
        await apiOf(databricks.url, 'entra')
          .resolve('Users', 'oid-ada')
          .catch(error => error),
        { operation: 'resolve' },
      );
    expect(`${await refused()}`).toContain('not managed automatically');
    // Leavers do not wait for the credential of another API: this is no trouble of the whole target.
    databricks.callers.set('entra', { admin: false });
    expect(await refused()).toMatchObject({ name: 'RetryLater', message: expect.stringContaining('admin') });
  });
});

describe.each([
  ['another host', 404, { error_code: 'ENDPOINT_NOT_FOUND', message: "No API found for 'POST /identity'" }],
  ['an old host', 404, { detail: 'Endpoint not supported.' }],
  ['a sign-in page', 200, '<html>'],
  ['an answer without an id', 200, { user: { username: 'ada' } }],
  ['somebody for any id', 200, { user: { internal_id: 1 } }],
  ['another error', 400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'no' }],
])('%s', (_what, status, body) => {
  test('says nothing about it', async () => {
    await using server = await answering(status, typeof body === 'string' ? body : JSON.stringify(body));
    expect(await apiOf(server.url, 'entra').probe()).toMatchObject({ aim: 'unknown' });
  });
});

test('an id that is sent as a number keeps its digits', async () => {
  await using server = await answering(200, '{"group":{"account_id":"x","internal_id":9007199254740993}}');
  expect(await apiOf(server.url, 'entra').resolve('Groups', 'oid')).toBe('9007199254740993');
});

async function answering(status: number, body: string) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
