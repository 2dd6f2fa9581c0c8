import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScimClient } from '../../src/scim/client.ts';
import { addMembers, changeAttributes, removeMembers } from '../../src/scim/patch.ts';
import { typeOfReference } from '../../src/scim/resources.ts';
import type { Pace, RequestClass } from '../../src/scim/types.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';

let account: TestAccount;
let client: ScimClient;
beforeEach(async () => {
  account = await startAccount();
  client = account.client();
});
afterEach(() => account.close());

async function collect<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

describe.each(['2.0', '2.1'] as const)('against SCIM %s', version => {
  beforeEach(() => {
    const { scimUrl, scimUrl20 } = account.databricks;
    client = account.client({ baseUrl: version === '2.1' ? scimUrl : scimUrl20 });
  });

  test('a user is created, found, read, changed and deleted', async () => {
    const created = await client.create('Users', {
      userName: 'Ada@Contoso.com',
      displayName: 'Ada',
      externalId: 'e',
    });
    expect(created).toMatchObject({ userName: 'ada@contoso.com', active: true, externalId: 'e' });
    expect(await client.find('Users', 'userName', 'ADA@contoso.com')).toEqual([
      expect.objectContaining({ id: created.id }),
    ]);
    await client.patch('Users', created.id, changeAttributes({ active: false, 'name.givenName': 'Ada' }));
    const read = await client.get('Users', created.id);
    expect(read).toMatchObject({ active: false, name: { givenName: 'Ada' } });
    await client.delete('Users', created.id);
    expect(await client.get('Users', created.id)).toBeUndefined();
    await client.delete('Users', created.id);
  });

  test('group members are added and removed, and none is no request', async () => {
    const ids = ['a', 'b', 'c'].map(name => account.store.add({ type: 'Users', userName: `${name}@b.c` }).id);
    const group = await client.create('Groups', { displayName: 'data', externalId: 'g' });
    await client.patch('Groups', group.id, addMembers(ids));
    await client.patch('Groups', group.id, removeMembers(ids.slice(0, 2)));
    expect((await client.get('Groups', group.id))?.members?.map(({ value }) => value)).toEqual(ids.slice(2));
    const before = client.requestCount;
    await client.patch('Groups', group.id, []);
    expect(client.requestCount).toBe(before);
  });

  test('a service principal is created, found, listed, read, changed and deleted', async () => {
    const applicationId = '3F0E7A10-0000-4000-8000-00000000000A';
    const created = await client.create('ServicePrincipals', { applicationId, displayName: 'etl' });
    expect(created).toMatchObject({ applicationId: applicationId.toLowerCase(), active: true });
    const { id } = created;
    const found = await client.find('ServicePrincipals', 'applicationId', applicationId.toLowerCase());
    expect(found.map(principal => principal.id)).toEqual([id]);
    expect((await collect(client.list('ServicePrincipals'))).map(principal => principal.id)).toEqual([id]);
    const changes = { active: false, displayName: 'elt', 'roles[value eq "account_admin"]': true };
    await client.patch('ServicePrincipals', id, changeAttributes(changes));
    expect(await client.get('ServicePrincipals', id)).toMatchObject({
      active: false,
      displayName: 'elt',
      roles: [{ value: 'account_admin' }],
    });
    await client.delete('ServicePrincipals', id);
    expect(await client.get('ServicePrincipals', id)).toBeUndefined();
    await client.delete('ServicePrincipals', id);
  });

  test('a member may be a user, a service principal or a group, and reads as what it is', async () => {
    const members = [
      account.store.add({ type: 'Users', userName: 'a@b.c' }),
      account.store.add({ type: 'ServicePrincipals', applicationId: 'robot' }),
      account.store.add({ type: 'Groups', displayName: 'nested' }),
    ];
    const { id } = await client.create('Groups', { displayName: 'data' });
    await client.patch('Groups', id, addMembers(members.map(member => member.id)));
    const shown = (await client.get('Groups', id))?.members ?? [];
    expect(shown.map(member => [member.value, typeOfReference(member)])).toEqual(
      members.map(member => [member.id, member.type]),
    );
  });

  test('a taken name is an error of status 409 with the words of the target', async () => {
    await client.create('Groups', { displayName: 'data' });
    await expect(client.create('Groups', { displayName: 'data' })).rejects.toMatchObject({
      name: 'ScimError',
      status: 409,
      detail: 'Group with name data already exists.',
      path: 'Groups',
    });
  });
});

test('a list is read to its end in pages of 100', async () => {
  for (let i = 0; i < 250; i++)
    account.store.add({ type: 'Users', userName: `u${i}@b.c`, displayName: `U ${i}` });
  const sizes: number[] = [];
  const names = new Set<string | undefined>();
  for await (const page of client.list('Users', { attributes: ['id', 'userName'] })) {
    sizes.push(page.length);
    for (const user of page) {
      names.add(user.userName);
      expect(user.displayName).toBeUndefined();
    }
  }
  expect(sizes).toEqual([100, 100, 50]);
  expect(names.size).toBe(250);
  expect(client.requestCount).toBe(3);
  expect(await collect(client.list('Groups'))).toEqual([]);
});

test('a page that is exactly full needs no further request', async () => {
  for (let i = 0; i < 100; i++) account.store.add({ type: 'Groups', displayName: `g${i}` });
  expect(await collect(client.list('Groups', { excludedAttributes: ['roles'] }))).toHaveLength(100);
  expect(client.requestCount).toBe(1);
});

test('a list that breaks off before its total is a failure, not an end', async () => {
  account.store.add({ type: 'Users', userName: 'a@b.c' });
  account.databricks.faults.push({ status: 200, times: 1, body: { totalResults: 300 } });
  await expect(collect(client.list('Users'))).rejects.toMatchObject({
    kind: 'protocol',
    mayHaveApplied: false,
  });
});

test('a list that gives the same page again is a failure, not a loop', async () => {
  const Resources = [{ id: '1' }, { id: '2' }];
  account.databricks.faults.push({ status: 200, times: 9, body: { totalResults: 300, Resources } });
  await expect(collect(client.list('Users'))).rejects.toMatchObject({ kind: 'protocol' });
  expect(client.requestCount).toBe(2);
});

test('the pace is awaited before every request, pages included', async () => {
  for (let i = 0; i < 101; i++) account.store.add({ type: 'Groups', displayName: `g${i}` });
  const asked: [RequestClass, number][] = [];
  const pace: Pace = async requestClass => {
    asked.push([requestClass, account.databricks.requests]);
    return undefined;
  };
  const { id } = await client.create('Groups', { displayName: 'x' }, { pace });
  await client.get('Groups', id, { pace });
  await client.patch('Groups', id, changeAttributes({ displayName: 'y' }), { pace });
  await client.find('Groups', 'displayName', 'y', { pace });
  await collect(client.list('Groups', { pace }));
  await client.delete('Groups', id, { pace });
  expect(asked).toEqual([
    ['write', 0],
    ['get', 1],
    ['patch', 2],
    ['list', 3],
    ['list', 4],
    ['list', 5],
    ['write', 6],
  ]);
});

test('a pace that refuses stops the request', async () => {
  const pace: Pace = () => Promise.reject(new Error('lease lost'));
  await expect(client.delete('Users', '1', { pace })).rejects.toThrow('lease lost');
  expect(account.databricks.requests).toBe(0);
});

test('the pace is told how each request ended, once', async () => {
  const told: unknown[] = [];
  const pace: Pace = async () => error => told.push(error);
  account.databricks.faults.push({ status: 429, times: 1, headers: { 'retry-after': '7' } });
  await expect(client.create('Groups', { displayName: 'x' }, { pace })).rejects.toThrow();
  const { id } = await client.create('Groups', { displayName: 'x' }, { pace });
  expect(await client.get('Groups', '404', { pace })).toBeUndefined();
  await client.delete('Groups', id, { pace });
  expect(told).toEqual([
    expect.objectContaining({ status: 429, retryAfterMs: 7_000 }),
    undefined,
    expect.objectContaining({ status: 404 }),
    undefined,
  ]);
});

test.each(['', '.', '..'])('the id %j, which would address another thing, is refused', async id => {
  await expect(client.delete('Users', id)).rejects.toThrow(RangeError);
  expect(account.databricks.requests).toBe(0);
});

test('an id is one path segment whatever it holds', async () => {
  expect(await client.get('Users', '../Groups/1?x#y')).toBeUndefined();
  expect(account.databricks.log[0]?.path).toBe('/Users/..%2FGroups%2F1%3Fx%23y');
});

test('booleans as strings, ids as numbers, nulls and unknown attributes are read', async () => {
  const body = {
    id: 42,
    userName: 'a@b.c',
    active: 'False',
    externalId: null,
    roles: null,
    emails: [{ value: 'a@b.c', primary: 'true' }],
    'urn:example:extension': { deep: [1] },
  };
  account.databricks.faults.push({ status: 200, times: 1, body });
  expect(await client.get('Users', '42')).toMatchObject({
    id: '42',
    active: false,
    externalId: undefined,
    roles: undefined,
    emails: [{ value: 'a@b.c', primary: true }],
    'urn:example:extension': { deep: [1] },
  });
});

test.each([
  ['an id that lost its digits', '{"id": 9007199254740993}'],
  ['no id', '{"userName":"a@b.c"}'],
  ['an HTML page', '<html>log in</html>'],
  ['nothing', ''],
])('a success with %s is no answer', async (_what, body) => {
  account.databricks.faults.push({ status: 200, times: 2, body, contentType: 'application/json' });
  await expect(client.get('Users', '1')).rejects.toMatchObject({ kind: 'protocol', mayHaveApplied: false });
  await expect(client.create('Users', {})).rejects.toMatchObject({ kind: 'protocol', mayHaveApplied: true });
});

test.each([
  ['the endpoint is not known', { error_code: 'ENDPOINT_NOT_FOUND', message: 'Endpoint not supported.' }],
  ['a proxy answers', '<html>404</html>'],
  ['nobody says why', ''],
])('a 404 because %s is not taken for a missing resource', async (_why, body) => {
  account.databricks.faults.push({ status: 404, times: 2, body });
  await expect(client.get('Users', '1')).rejects.toMatchObject({ status: 404 });
  await expect(client.delete('Users', '1')).rejects.toMatchObject({ status: 404 });
});

test('a sign-in page is not taken for the success of a write', async () => {
  account.databricks.faults.push({
    status: 200,
    times: 2,
    body: '<html>sign in</html>',
    contentType: 'text/html',
  });
  const deactivate = client.patch('Users', '1', changeAttributes({ active: false }));
  await expect(deactivate).rejects.toMatchObject({ kind: 'protocol', mayHaveApplied: true });
  await expect(client.delete('Users', '1')).rejects.toMatchObject({ kind: 'protocol' });
});
