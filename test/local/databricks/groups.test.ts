import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

function users(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => account.store.add({ type: 'Users', userName: `u${i}@b.c` }).id,
  );
}

function membersOf(id: string): string[] {
  return [...(account.store.get('Groups', id)?.members ?? [])];
}

const values = (ids: string[]): object[] => ids.map(value => ({ value }));

describe('group names', () => {
  test('are unique without regard to case, though a filter regards it', async () => {
    await account.send('POST', '/Groups', { displayName: 'Data' });
    const taken = await account.send('POST', '/Groups', { displayName: 'data' }, '2.0');
    expect(taken).toMatchObject({ status: 409, json: { detail: 'Group with name data already exists.' } });
    const found = await account.send('GET', `/Groups?filter=${encodeURIComponent('displayName eq "data"')}`);
    expect(found.json.totalResults).toBe(0);
  });

  test.each(['users', 'Admins', ' account users '])(
    '%j is reserved, for creating and for renaming',
    async name => {
      expect((await account.send('POST', '/Groups', { displayName: name })).status).toBe(409);
      const group = account.store.add({ type: 'Groups', displayName: 'data' });
      const rename = patchOp({ op: 'replace', path: 'displayName', value: name });
      expect((await account.send('PATCH', `/Groups/${group.id}`, rename)).status).toBe(409);
      expect(account.store.get('Groups', group.id)?.displayName).toBe('data');
    },
  );

  test('of a renamed group are free again, and a taken one is refused', async () => {
    const [a, b] = ['a', 'b'].map(displayName => account.store.add({ type: 'Groups', displayName }).id);
    const rename = (value: string): object => patchOp({ op: 'replace', path: 'displayName', value });
    expect((await account.send('PATCH', `/Groups/${a}`, rename('b'))).status).toBe(409);
    expect((await account.send('PATCH', `/Groups/${a}`, rename('c'))).status).toBe(204);
    expect((await account.send('PATCH', `/Groups/${b}`, rename('a'))).status).toBe(204);
  });

  test('longer than 255 characters are refused', async () => {
    expect((await account.send('POST', '/Groups', { displayName: 'x'.repeat(256) })).status).toBe(400);
    expect((await account.send('POST', '/Groups', { displayName: 'x'.repeat(255) })).status).toBe(201);
  });
});

describe('members', () => {
  test('are shown by GET of the group with their kind, and never by a list', async () => {
    const [user = ''] = users(1);
    const nested = account.store.add({ type: 'Groups', displayName: 'nested' });
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: [user, nested.id] });
    expect((await account.send('GET', `/Groups/${id}`)).json.members).toEqual([
      { value: user, display: 'u0@b.c', $ref: `Users/${user}` },
      { value: nested.id, display: 'nested', $ref: `Groups/${nested.id}` },
    ]);
    const list = await account.send('GET', '/Groups?attributes=displayName,members');
    expect(list.json.Resources).toHaveLength(2);
    for (const group of list.json.Resources) expect(group).not.toHaveProperty('members');
  });

  test('of a creation may not be more than 5,000', async () => {
    const members = values(Array.from({ length: 5_001 }, (_, i) => `${i}`));
    expect((await account.send('POST', '/Groups', { displayName: 'data', members })).status).toBe(400);
    expect(account.store.groups).toEqual([]);
  });

  test('that fail a creation leave the group behind, empty, under a 500', async () => {
    const body = { displayName: 'data', members: values(['404']) };
    const { status, json } = await account.send('POST', '/Groups', body, '2.0');
    expect(status).toBe(500);
    expect(json.detail).toBe('Failed to update members of group data');
    expect(account.store.group('data')?.members.size).toBe(0);
    expect((await account.send('POST', '/Groups', body)).status).toBe(409);
  });

  test('are replaced as a whole by PUT', async () => {
    const [a = '', b = ''] = users(2);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', externalId: 'e', members: [a] });
    expect(
      (await account.send('PUT', `/Groups/${id}`, { displayName: 'data', members: values([b]) })).status,
    ).toBe(200);
    expect(membersOf(id)).toEqual([b]);
    expect(account.store.get('Groups', id)?.externalId).toBeUndefined();
  });
});

describe('PATCH of members', () => {
  test.each([
    ['with a path', (ids: string[]) => ({ op: 'add', path: 'members', value: values(ids) })],
    ['without a path', (ids: string[]) => ({ op: 'Add', value: { members: values(ids) } })],
  ])('adds %s, answers 204 without a body, and takes existing members as they are', async (_form, add) => {
    const ids = users(3);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: ids.slice(0, 1) });
    expect(await account.send('PATCH', `/Groups/${id}`, patchOp(add(ids)))).toMatchObject({
      status: 204,
      text: '',
    });
    expect(membersOf(id)).toEqual(ids);
  });

  test('removes by filter, and an absent one silently while others are there', async () => {
    const [a = '', b = ''] = users(2);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: [a, b] });
    const remove = (value: string) => patchOp({ op: 'remove', path: `members[value eq "${value}"]` });
    expect((await account.send('PATCH', `/Groups/${id}`, remove(a))).status).toBe(204);
    expect((await account.send('PATCH', `/Groups/${id}`, remove(a))).status).toBe(204);
    expect(membersOf(id)).toEqual([b]);
    expect((await account.send('PATCH', `/Groups/${id}`, remove(b))).status).toBe(204);
    const refused = await account.send('PATCH', `/Groups/${id}`, remove(b), '2.0');
    expect(refused).toMatchObject({
      status: 400,
      json: {
        scimType: 'invalidPath',
        detail: 'No such attribute with the name : members in the current resource',
      },
    });
  });

  test('removes nobody when one of several removals is refused', async () => {
    const [a = '', b = ''] = users(2);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: [a] });
    const both = [a, b].map(value => ({ op: 'remove', path: `members[value eq "${value}"]` }));
    expect((await account.send('PATCH', `/Groups/${id}`, patchOp(...both))).status).toBe(400);
    expect(membersOf(id)).toEqual([a]);
  });

  test.each([
    ['removeAll', []],
    ['removeListed', ['u1@b.c']],
  ] as const)('with a list of values does what %s says', async (semantics, left) => {
    account.databricks.removeMembersWithValue = semantics;
    const ids = users(2);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: ids });
    const trap = patchOp({ op: 'remove', path: 'members', value: values(ids.slice(0, 1)) });
    expect((await account.send('PATCH', `/Groups/${id}`, trap)).status).toBe(204);
    expect(membersOf(id)).toEqual(left.map(name => account.store.user(name)?.id));
  });

  test('keeps what came before a member that does not exist, and speaks of that member', async () => {
    const [a = '', b = '', c = ''] = users(3);
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: [a] });
    const body = patchOp(
      { op: 'remove', path: `members[value eq "${a}"]` },
      { op: 'add', path: 'members', value: values([b, '404', c]) },
    );
    const refused = await account.send('PATCH', `/Groups/${id}`, body);
    expect(refused).toMatchObject({ status: 404, json: { message: 'User with id 404 is not found' } });
    expect(membersOf(id)).toEqual([b]);
  });

  test.each([
    ['a scalar value', 400, { op: 'add', path: 'members', value: '1' }],
    ['a list of scalars', 400, { op: 'add', path: 'members', value: ['1'] }],
    ['an add with a filter', 500, { op: 'add', path: 'members[value eq "1"]', value: [{ value: '1' }] }],
    ['a filter other than eq', 501, { op: 'remove', path: 'members[value co "1"]' }],
    ['a filter without quotes', 400, { op: 'remove', path: 'members[value eq 1]' }],
    ['a removal without a path', 400, { op: 'remove' }],
    ['an unknown operation', 400, { op: 'move', path: 'members' }],
    ['an unknown attribute', 400, { op: 'replace', path: 'nickName', value: 'x' }],
    ['a nested attribute of another', 400, { op: 'replace', path: 'groups', value: [] }],
  ])('refuses %s with %i', async (_what, status, operation) => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data', members: users(1) });
    expect((await account.send('PATCH', `/Groups/${id}`, patchOp(operation))).status).toBe(status);
    expect(membersOf(id)).toHaveLength(1);
  });

  test('refuses a body without operations', async () => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data' });
    for (const body of [
      patchOp(),
      {},
      { Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] },
    ]) {
      expect((await account.send('PATCH', `/Groups/${id}`, body)).status).toBe(400);
    }
  });
});
