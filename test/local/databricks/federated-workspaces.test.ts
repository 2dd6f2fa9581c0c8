import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addWorkspace, patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const add = (...ids: string[]): object =>
  patchOp({ op: 'add', path: 'members', value: ids.map(value => ({ value })) });

describe('a federated workspace', () => {
  const members = [{ value: '1' }];
  const body = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    scimType: 'Members attribute not supported for current workspace.',
    detail: 'Request is unparsable, syntactically incorrect, or violates schema.',
    status: '400',
  };

  test.each([
    ['POST', '', { displayName: 'new', members }],
    ['PUT', '/{id}', { displayName: 'data', members }],
    ['PATCH', '/{id}', add('1')],
    ['PATCH', '/{id}', patchOp({ op: 'add', value: { members } })],
    ['PATCH', '/{id}', patchOp({ op: 'remove', path: 'members[value eq "1"]' })],
  ])('refuses memberships in the words of the knowledge base: %s %s', async (method, path, request) => {
    const { store, send } = await addWorkspace(account, { federated: true });
    const { id } = store.add({ type: 'Groups', displayName: 'data' });
    const { status, json } = await send(method, `/Groups${path.replace('{id}', id)}`, request);
    expect([status, json]).toEqual([400, body]);
    expect(store.group('new')).toBeUndefined();
  });

  test('refuses the groups of a user likewise', async () => {
    const { send } = await addWorkspace(account, { federated: true });
    const { json } = await send('POST', '/Users', { userName: 'a@b.c', groups: members });
    expect(json.scimType).toBe('Groups attribute not supported for current workspace.');
  });

  test('silently keeps the displayName of a user', async () => {
    const { send } = await addWorkspace(account, { federated: true });
    const { json } = await send('POST', '/Users', { userName: 'a@b.c', displayName: 'Ada' });
    const path = `/Users/${json.id}`;
    const rename = patchOp({ op: 'replace', path: 'displayName', value: 'Eve' });
    expect(await send('PATCH', path, rename)).toMatchObject({ status: 200, json: { displayName: 'Ada' } });
    expect((await send('PUT', path, { userName: 'a@b.c', displayName: 'Eve' })).json.displayName).toBe('Ada');
  });

  test('cannot have a group that the account has', async () => {
    const { send } = await addWorkspace(account, { federated: true });
    account.store.add({ type: 'Groups', displayName: 'data' });
    const { status, json } = await send('POST', '/Groups', { displayName: 'data' });
    expect(status).toBe(404);
    expect(json.detail).toBe('group Account group with name data not found');
  });

  test("shows what was assigned to it as the account's, and changes none of it", async () => {
    const { workspace, store, send } = await addWorkspace(account, { federated: true });
    const group = account.store.add({ type: 'Groups', displayName: 'data' });
    const assignment = `/workspaces/${workspace.id}/permissionassignments/principals/${group.id}`;
    expect((await send('GET', `/Groups/${group.id}`)).status).toBe(404);
    await account.platform('PUT', assignment, { permissions: ['USER'] });
    const shown = await send('GET', `/Groups/${group.id}`);
    expect(shown.json).toMatchObject({ displayName: 'data', meta: { resourceType: 'Group' } });
    const rename = patchOp({ op: 'replace', path: 'displayName', value: 'x' });
    expect((await send('PATCH', `/Groups/${group.id}`, rename)).status).toBe(403);
    expect((await send('DELETE', `/Groups/${group.id}`)).status).toBe(403);
    expect(store.list('Groups')).toHaveLength(3);
    await account.send('DELETE', `/Groups/${group.id}`);
    expect((await send('GET', `/Groups/${group.id}`)).status).toBe(404);
  });
});
