import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const ada = { userName: "Ada.O'Brien@Contoso.com", displayName: 'Ada', externalId: 'aaaa', active: true };

describe('clearing', () => {
  const clear = (path: string) => patchOp({ op: 'remove', path });

  test('a displayName makes it the user name', async () => {
    const { json } = await account.send('POST', '/Users', ada);
    for (let i = 0; i < 2; i++) {
      const cleared = await account.send('PATCH', `/Users/${json.id}`, clear('displayName'));
      expect(cleared).toMatchObject({ status: 200, json: { displayName: json.userName } });
    }
  });

  test('a part of the name leaves the other, and what is not there is no such attribute', async () => {
    const name = { givenName: 'Ada', familyName: "O'Brien" };
    const { json } = await account.send('POST', '/Users', { ...ada, name });
    const path = `/Users/${json.id}`;
    const first = await account.send('PATCH', path, clear('name.givenName'));
    expect(first.json.name).toEqual({ familyName: "O'Brien" });
    for (const version of ['2.0', '2.1'] as const) {
      const again = await account.send('PATCH', path, clear('name.givenName'), version);
      expect(again.status).toBe(400);
      expect(again.text).toContain('No such attribute with the name : givenName in the current resource');
    }
    expect((await account.send('PATCH', path, clear('name.familyName'))).json).not.toHaveProperty('name');
    expect((await account.send('PATCH', path, clear('name'))).status).toBe(400);
  });

  test.each(['displayName', 'name.givenName'])('%s with an empty string changes nothing', async path => {
    const { json } = await account.send('POST', '/Users', { ...ada, name: { givenName: 'Ada' } });
    const empty = await account.send(
      'PATCH',
      `/Users/${json.id}`,
      patchOp({ op: 'replace', path, value: '' }),
    );
    expect(empty).toMatchObject({ status: 200, json: { displayName: 'Ada', name: { givenName: 'Ada' } } });
  });

  test('one thing that is not there refuses the rest of the PATCH, a deactivation included', async () => {
    const user = account.store.add({ type: 'Users', userName: 'a@b.c' });
    const body = patchOp(
      { op: 'replace', path: 'active', value: false },
      { op: 'remove', path: 'name.givenName' },
    );
    expect((await account.send('PATCH', `/Users/${user.id}`, body)).status).toBe(400);
    expect(account.store.get('Users', user.id)?.active).toBe(true);
  });
});

describe('entitlements, which accounts do not have,', () => {
  const entitlements = [{ value: 'workspace-access' }];

  test('are given without an error and without effect, and taking them away is refused', async () => {
    const { status, json } = await account.send('POST', '/Users', { ...ada, entitlements });
    expect(status).toBe(201);
    expect(json).not.toHaveProperty('entitlements');
    const path = `/Users/${json.id}`;
    for (const op of ['add', 'replace']) {
      const given = await account.send(
        'PATCH',
        path,
        patchOp({ op, path: 'entitlements', value: entitlements }),
      );
      expect(given.status).toBe(200);
      expect(given.json).not.toHaveProperty('entitlements');
    }
    const remove = patchOp({ op: 'remove', path: 'entitlements[value eq "workspace-access"]' });
    expect((await account.send('PATCH', path, remove, '2.0')).json).toMatchObject({
      status: '400',
      scimType: 'invalidPath',
      detail: 'No such attribute with the name : entitlements in the current resource',
    });
  });

  test('are kept where a test says so', async () => {
    account.databricks.entitlements = 'kept';
    const { json } = await account.send('POST', '/Users', { ...ada, entitlements });
    expect(json.entitlements).toEqual(entitlements);
    const remove = patchOp({ op: 'remove', path: 'entitlements[value eq "workspace-access"]' });
    const removed = await account.send('PATCH', `/Users/${json.id}`, remove);
    expect(removed.json).not.toHaveProperty('entitlements');
  });
});

describe('of a group', () => {
  test('an externalId can be cleared, by an empty string and by a removal, and shared by two groups', async () => {
    const ids: string[] = [];
    for (const displayName of ['a', 'b']) {
      const { status, json } = await account.send('POST', '/Groups', { displayName, externalId: 'same' });
      expect(status).toBe(201);
      ids.push(json.id);
    }
    const found = `/Groups?filter=${encodeURIComponent('externalId eq "same"')}`;
    expect((await account.send('GET', found)).json.totalResults).toBe(2);
    const [a, b] = ids;
    await account.send('PATCH', `/Groups/${a}`, patchOp({ op: 'replace', path: 'externalId', value: '' }));
    await account.send('PATCH', `/Groups/${b}`, patchOp({ op: 'remove', path: 'externalId' }));
    expect((await account.send('GET', found)).json.totalResults).toBe(0);
    const again = await account.send('PATCH', `/Groups/${b}`, patchOp({ op: 'remove', path: 'externalId' }));
    expect(again.status).toBe(400);
  });

  test('a name can be neither removed nor emptied', async () => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data' });
    for (const operation of [
      { op: 'remove', path: 'displayName' },
      { op: 'replace', path: 'displayName', value: '' },
    ]) {
      expect((await account.send('PATCH', `/Groups/${id}`, patchOp(operation))).status).toBe(400);
    }
    expect(account.store.get('Groups', id)?.displayName).toBe('data');
  });

  test('roles are given to a group and taken from it', async () => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data' });
    const add = patchOp({ op: 'add', path: 'roles', value: [{ value: 'account_admin' }] });
    expect((await account.send('PATCH', `/Groups/${id}`, add)).status).toBe(204);
    expect((await account.send('GET', `/Groups/${id}`)).json.roles).toEqual([{ value: 'account_admin' }]);
    const remove = patchOp({ op: 'remove', path: 'roles[value eq "account_admin"]' });
    expect((await account.send('PATCH', `/Groups/${id}`, remove)).status).toBe(204);
    expect((await account.send('GET', `/Groups/${id}`)).json).not.toHaveProperty('roles');
    expect((await account.send('PATCH', `/Groups/${id}`, remove)).status).toBe(400);
  });
});
