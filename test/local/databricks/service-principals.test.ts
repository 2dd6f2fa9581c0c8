import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const app = {
  applicationId: '3f0e7a10-0000-4000-8000-00000000000a',
  displayName: 'etl',
  externalId: 'bbbb',
};

test.each([
  ['2.0', 201],
  ['2.1', 200],
] as const)('a new one is answered on %s with %i', async (version, status) => {
  const created = await account.send('POST', '/ServicePrincipals', app, version);
  expect(created.status).toBe(status);
  expect(created.json).toMatchObject({ ...app, active: true, meta: { resourceType: 'ServicePrincipal' } });
});

describe('application ids', () => {
  test('are stored in lower case, unique without regard to case, and searched for with regard to it', async () => {
    const upper = app.applicationId.toUpperCase();
    const { json } = await account.send('POST', '/ServicePrincipals', { ...app, applicationId: upper });
    expect(json.applicationId).toBe(app.applicationId);
    for (const applicationId of [upper, app.applicationId]) {
      const again = await account.send('POST', '/ServicePrincipals', { applicationId }, '2.0');
      expect(again.status).toBe(409);
      expect(again.json.detail).toMatch(/^Service principal with application ID .* already exists\.$/);
    }
    const search = async (value: string): Promise<number> => {
      const filter = encodeURIComponent(`applicationId eq "${value}"`);
      return (await account.send('GET', `/ServicePrincipals?filter=${filter}`)).json.totalResults;
    };
    expect([await search(app.applicationId), await search(upper)]).toEqual([1, 0]);
  });

  test('that are the name of a user are taken, in the words for a user, and the other way round', async () => {
    account.store.add({ type: 'Users', userName: 'robot@b.c' });
    const taken = await account.send('POST', '/ServicePrincipals', { applicationId: 'Robot@b.c' }, '2.0');
    expect(taken.status).toBe(409);
    expect(taken.json.detail).toMatch(/^User with email robot@b\.c already exists in this account/);
    account.store.add({ type: 'ServicePrincipals', applicationId: 'other@b.c' });
    expect((await account.send('POST', '/Users', { userName: 'other@b.c' })).status).toBe(409);
    expect(account.store.user('other@b.c')).toBeUndefined();
    expect(account.store.servicePrincipal('robot@b.c')).toBeUndefined();
  });

  test('are silently kept by PATCH and PUT', async () => {
    const { json } = await account.send('POST', '/ServicePrincipals', app);
    const rename = patchOp({ op: 'replace', value: { applicationId: 'other', displayName: 'elt' } });
    const patched = await account.send('PATCH', `/ServicePrincipals/${json.id}`, rename);
    expect(patched).toMatchObject({
      status: 200,
      json: { applicationId: app.applicationId, displayName: 'elt' },
    });
    const put = await account.send('PUT', `/ServicePrincipals/${json.id}`, { applicationId: 'other' });
    expect(put.json).toMatchObject({
      applicationId: app.applicationId,
      displayName: app.applicationId,
      active: true,
    });
    expect(put.json).not.toHaveProperty('externalId');
  });

  test('that are left out are invented', async () => {
    const { json } = await account.send('POST', '/ServicePrincipals', { displayName: 'etl' });
    expect(json.applicationId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of a deleted one are free again', async () => {
    const { json } = await account.send('POST', '/ServicePrincipals', app);
    expect((await account.send('DELETE', `/ServicePrincipals/${json.id}`)).status).toBe(204);
    const missing = await account.send('GET', `/ServicePrincipals/${json.id}`, undefined, '2.0');
    expect(missing.json.detail).toBe(`Service principal with id ${json.id} is not found`);
    expect((await account.send('POST', '/ServicePrincipals', app)).json.id).not.toBe(json.id);
  });
});

test('one is switched off, keeps its groups and roles, and its externalId cannot be cleared', async () => {
  const robot = account.store.add({
    type: 'ServicePrincipals',
    applicationId: 'robot',
    externalId: 'e',
    roles: ['account_admin'],
  });
  const group = account.store.add({ type: 'Groups', displayName: 'data', members: [robot.id] });
  const body = patchOp({ op: 'replace', path: 'active', value: false }, { op: 'remove', path: 'externalId' });
  const { status, json } = await account.send('PATCH', `/ServicePrincipals/${robot.id}`, body);
  expect(status).toBe(200);
  expect(json).toMatchObject({
    active: false,
    externalId: 'e',
    roles: [{ value: 'account_admin' }],
    groups: [{ value: group.id }],
  });
});

test('one is shown as a member with its kind, and leaves its groups when it is deleted', async () => {
  const robot = account.store.add({ type: 'ServicePrincipals', applicationId: 'robot' });
  const group = account.store.add({ type: 'Groups', displayName: 'data', members: [robot.id] });
  expect((await account.send('GET', `/Groups/${group.id}`)).json.members).toEqual([
    { value: robot.id, display: 'robot', $ref: `ServicePrincipals/${robot.id}` },
  ]);
  await account.send('DELETE', `/ServicePrincipals/${robot.id}`);
  expect((await account.send('GET', `/Groups/${group.id}`)).json).not.toHaveProperty('members');
});

test('one is not found under the address of another type', async () => {
  const robot = account.store.add({ type: 'ServicePrincipals', applicationId: 'robot' });
  expect((await account.send('GET', `/Users/${robot.id}`)).status).toBe(404);
});
