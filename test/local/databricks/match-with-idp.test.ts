import { afterEach, beforeEach, expect, test } from 'vitest';
import { ACCOUNT_ID, call, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const match = (kind: string, id: string) =>
  call(
    'POST',
    `${account.databricks.url}/api/2.0/identity/accounts/${ACCOUNT_ID}/${kind}/${id}/matchWithIdp`,
  );

test.each([true, false])('a user is matched by his external id and by his name, AIM on: %s', async on => {
  const { aim } = account.databricks;
  aim.on = on;
  aim.directory.set('oid-ada', { type: 'Users', userName: 'Ada@b.c' });
  aim.directory.set('oid-bob', { type: 'Users', userName: 'bob@b.c' });
  const { id } = account.store.add({ type: 'Users', userName: 'bob@b.c', externalId: 'oid-ada' });
  const answer = await match('users', id);
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(`"internal_id":${id},`);
  expect(answer.json).toMatchObject({
    databricks_user: { external_id: 'oid-ada', username: 'bob@b.c' },
    idp_match_by_external_id: { external_id: 'oid-ada', username: 'Ada@b.c' },
    idp_match_by_username: { external_id: 'oid-bob', username: 'bob@b.c' },
  });
  expect(account.store.users).toHaveLength(1);
});

test('whom the identity provider does not have has no match, and nobody is created', async () => {
  const { id } = account.store.add({ type: 'Users', userName: 'ada@b.c', externalId: 'stale' });
  // Of another kind: no match.
  account.databricks.aim.directory.set('stale', { type: 'Groups', displayName: 'ada@b.c' });
  const { json } = await match('users', id);
  expect(Object.keys(json)).toEqual(['databricks_user']);
});

test('a service principal is matched by its application id', async () => {
  account.databricks.aim.directory.set('oid', { type: 'ServicePrincipals', applicationId: 'app' });
  const { id } = account.store.add({ type: 'ServicePrincipals', applicationId: 'app' });
  expect((await match('servicePrincipals', id)).json).toMatchObject({
    databricks_service_principal: { application_id: 'app' },
    idp_match_by_app_id: { external_id: 'oid', application_id: 'app' },
  });
});

test('a group names every namesake, and those of its members that are not in the group that it matches', async () => {
  const { aim } = account.databricks;
  const { store } = account;
  const [inIt, elsewhere, local] = [
    store.add({ type: 'Users', userName: 'in@b.c', externalId: 'oid-in' }),
    store.add({ type: 'Users', userName: 'out@b.c', externalId: 'oid-out' }),
    store.add({ type: 'Users', userName: 'local@b.c' }),
  ].map(({ id }) => id);
  const members = [inIt, elsewhere, local].map(String);
  const { id } = store.add({ type: 'Groups', displayName: 'data', externalId: 'oid-data', members });
  aim.directory.set('oid-data', { type: 'Groups', displayName: 'Data', members: ['oid-in'] });
  aim.directory.set('oid-twin', { type: 'Groups', displayName: 'data', members: ['oid-out'] });
  const { json, text } = await match('groups', id);
  expect(json).toMatchObject({
    databricks_group: { external_id: 'oid-data', group_name: 'data' },
    idp_match_by_external_id: { external_id: 'oid-data' },
    idp_matches_by_group_name: [{ external_id: 'oid-data' }, { external_id: 'oid-twin' }],
  });
  expect(text).toContain(`"local_members_not_in_idp":[{"principal_id":${local}}]`);
  expect(text).toContain(`"external_members_not_in_idp":[{"principal_id":${elsewhere}}]`);
  // Without a match, nobody is known to be in it.
  aim.directory.clear();
  expect((await match('groups', id)).json.external_members_not_in_idp).toHaveLength(2);
});

test('it is 404 for who is not there, or is something else, and for admins', async () => {
  const { id } = account.store.add({ type: 'Users', userName: 'ada@b.c' });
  for (const [kind, who] of [
    ['users', '1'],
    ['groups', id],
    ['service-principals', id],
    ['users', '%'],
  ] as const)
    expect([kind, who, (await match(kind, who)).status]).toEqual([kind, who, 404]);
  account.databricks.callers.set(TOKEN, { admin: false });
  expect((await match('users', id)).status).toBe(403);
});
