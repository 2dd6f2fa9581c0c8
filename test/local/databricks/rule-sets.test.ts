import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT_ID, addWorkspace, call, startAccount, type TestAccount, TOKEN } from './fixture.ts';

let account: TestAccount;
let name: string;
let urls: { name: string; url: string }[];
beforeEach(async () => {
  account = await startAccount();
  const group = account.store.add({ type: 'Groups', displayName: 'data' });
  account.store.add({ type: 'Users', userName: 'Ada@b.c' });
  account.store.add({ type: 'ServicePrincipals', applicationId: 'app', displayName: 'etl' });
  name = `accounts/${ACCOUNT_ID}/groups/${group.id}/ruleSets/default`;
  const { workspace } = await addWorkspace(account);
  const below = '/api/2.0/preview/accounts';
  urls = [
    { name: 'account', url: `${account.databricks.url}${below}/${ACCOUNT_ID}/access-control/rule-sets` },
    { name: 'workspace', url: `${workspace.url}${below}/access-control/rule-sets` },
  ];
});
afterEach(() => account.close());

const urlOf = (door = 'account') => urls.find(one => one.name === door)?.url ?? '';
const read = (of = name, door?: string) => call('GET', `${urlOf(door)}?name=${encodeURIComponent(of)}&etag=`);
const write = (etag: unknown, grant_rules: unknown, of = name, door?: string) =>
  call('PUT', urlOf(door), { body: { name: of, rule_set: { name: of, etag, grant_rules } } });
const manager = (...principals: string[]) => [{ role: 'roles/group.manager', principals }];

describe.each(['account', 'workspace'])('by way of the %s', door => {
  test('a rule set is empty at first, and all of it is replaced by the next writer', async () => {
    const first = await read(name, door);
    expect(first).toMatchObject({ status: 200, json: { name, etag: expect.any(String), grant_rules: [] } });
    const rules = manager('users/ada@b.c', 'groups/data', 'servicePrincipals/app');
    const written = await write(first.json.etag, rules, name, door);
    expect(written).toMatchObject({ status: 200, json: { name, grant_rules: rules } });
    expect(written.json.etag).not.toBe(first.json.etag);
    expect((await read(name, door)).json).toEqual(written.json);
    expect((await write(written.json.etag, [], name, door)).json.grant_rules).toEqual([]);
  });
});

test('who has read an older version is refused, and changes nothing', async () => {
  const { etag } = (await read()).json;
  await write(etag, manager('users/ada@b.c'));
  const late = await write(etag, []);
  expect(late).toMatchObject({ status: 409, json: { error_code: 'RESOURCE_CONFLICT' } });
  expect((await read()).json.grant_rules).toEqual(manager('users/ada@b.c'));
});

test.each<[string, (etag: string) => Promise<{ status: number }>]>([
  ['no etag', () => write(undefined, [])],
  ['an empty etag', () => write('', [])],
  ['another role', etag => write(etag, [{ role: 'roles/servicePrincipal.user', principals: [] }])],
  ['a principal that is not there', etag => write(etag, manager('users/bob@b.c'))],
  ['a principal in another spelling', etag => write(etag, manager('users/Ada@b.c'))],
  ['a principal by id', etag => write(etag, manager('7'))],
  ['rules that are no list', etag => write(etag, {})],
  ['a name that is none', etag => write(etag, [], 'groups/1')],
  [
    'two names',
    etag => call('PUT', urlOf(), { body: { name, rule_set: { name: `${name}2`, etag, grant_rules: [] } } }),
  ],
])('%s is refused', async (_what, refused) => {
  expect((await refused((await read()).json.etag)).status).toBe(400);
  expect((await read()).json.grant_rules).toEqual([]);
});

test('a rule keeps the name of somebody who is gone, and cannot be written back as it was read', async () => {
  const { json } = await write((await read()).json.etag, manager('users/ada@b.c'));
  account.store.remove('Users', account.store.user('ada@b.c')?.id ?? '');
  expect((await read()).json).toEqual(json);
  expect((await write(json.etag, json.grant_rules)).status).toBe(400);
});

test('a service principal has one as well, by its application id, with roles of its own', async () => {
  const own = `accounts/${ACCOUNT_ID}/servicePrincipals/app/ruleSets/default`;
  const rules = [{ role: 'roles/servicePrincipal.user', principals: ['groups/data'] }];
  expect((await write((await read(own)).json.etag, rules, own)).json.grant_rules).toEqual(rules);
  expect((await write((await read(own)).json.etag, manager('groups/data'), own)).status).toBe(400);
});

test('it is 404 for what is not there, 400 without etag, and for admins', async () => {
  for (const other of [name.replace(/groups\/\d+/, 'groups/1'), name.replace(ACCOUNT_ID, 'another')])
    expect((await read(other)).status).toBe(404);
  expect((await call('GET', `${urlOf()}?name=${encodeURIComponent(name)}`)).status).toBe(400);
  expect((await call('DELETE', `${urlOf()}?name=${encodeURIComponent(name)}&etag=`)).status).toBe(405);
  account.databricks.callers.set(TOKEN, { admin: false });
  expect((await read()).status).toBe(403);
});

test('an account SCIM token does not open it, and a new start empties it', async () => {
  account.databricks.scimTokens.push('scim');
  const url = `${urlOf()}?name=${encodeURIComponent(name)}&etag=`;
  expect((await call('GET', url, { token: 'scim' })).status).toBe(403);
  await write((await read()).json.etag, manager('groups/data'));
  await account.control('POST', 'reset');
  const again = account.store.add({ type: 'Groups', displayName: 'data' });
  expect((await read(name.replace(/groups\/\d+/, `groups/${again.id}`))).json.grant_rules).toEqual([]);
  expect(account.databricks.ruleSets.size).toBe(0);
});
