import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

function membersOf(id: string): string[] {
  return [...(account.store.get('Groups', id)?.members ?? [])];
}

const values = (ids: string[]): object[] => ids.map(value => ({ value }));

describe('nesting', () => {
  const nest = (group: string, member: string) =>
    account.send(
      'PATCH',
      `/Groups/${group}`,
      patchOp({ op: 'add', path: 'members', value: values([member]) }),
    );
  const chain = async (length: number): Promise<string[]> => {
    const ids = Array.from(
      { length },
      (_, i) => account.store.add({ type: 'Groups', displayName: `g${i}` }).id,
    );
    for (const [i, id] of ids.slice(1).entries()) expect((await nest(ids[i] ?? '', id)).status).toBe(204);
    return ids;
  };

  test('a group into itself, or into what is within it, is refused', async () => {
    const [a = '', , c = ''] = await chain(3);
    expect((await nest(a, a)).status).toBe(400);
    expect((await nest(c, a)).status).toBe(400);
    expect(membersOf(c)).toEqual([]);
  });

  test('ten groups deep is as deep as it gets', async () => {
    const ids = await chain(10);
    const top = account.store.add({ type: 'Groups', displayName: 'top' });
    expect((await nest(top.id, ids[0] ?? '')).status).toBe(400);
    expect((await nest(top.id, ids[1] ?? '')).status).toBe(204);
  });

  test('counts the longest of several ways', async () => {
    const ids = await chain(9);
    const [first = '', second = ''] = ids;
    const short = account.store.add({ type: 'Groups', displayName: 'short' });
    expect((await nest(short.id, ids[8] ?? '')).status).toBe(204);
    expect((await nest(first, short.id)).status).toBe(204);
    const over = account.store.add({ type: 'Groups', displayName: 'over', members: [first] });
    const top = account.store.add({ type: 'Groups', displayName: 'top' });
    expect((await nest(top.id, over.id)).status).toBe(400);
    expect((await nest(top.id, second)).status).toBe(204);
  });

  test('answers even when the store holds a cycle that a test made', async () => {
    const [a, b] = ['a', 'b'].map(displayName => account.store.add({ type: 'Groups', displayName }).id);
    account.store.change('Groups', a ?? '', { members: new Set([b ?? '']) });
    account.store.change('Groups', b ?? '', { members: new Set([a ?? '']) });
    const top = account.store.add({ type: 'Groups', displayName: 'top' });
    expect((await nest(top.id, a ?? '')).status).toBe(400);
  });

  test('a group that is deleted leaves its parents, and its own members stay', async () => {
    const [a = '', b = '', c = ''] = await chain(3);
    expect((await account.send('DELETE', `/Groups/${b}`)).status).toBe(204);
    expect((await account.send('GET', `/Groups/${b}`)).status).toBe(404);
    expect(membersOf(a)).toEqual([]);
    expect((await nest(a, c)).status).toBe(204);
  });
});

describe('limits', () => {
  test.each([
    ['a user', { type: 'Users', userName: 'a@b.c' }],
    ['a service principal', { type: 'ServicePrincipals', applicationId: 'robot' }],
    ['a group', { type: 'Groups', displayName: 'nested' }],
  ] as const)('of direct memberships hold for %s, and keep back nobody else', async (_what, resource) => {
    account.store.caps.membershipsPerIdentity = 2;
    const { id } = account.store.add(resource);
    const other = account.store.add({ type: 'Users', userName: 'other@b.c' });
    account.store.add({ type: 'Groups', displayName: 'first', members: [id] });
    const [second = '', third = ''] = ['second', 'third'].map(
      displayName => account.store.add({ type: 'Groups', displayName }).id,
    );
    const add = patchOp({ op: 'add', path: 'members', value: values([other.id, id]) });
    expect((await account.send('PATCH', `/Groups/${second}`, add)).status).toBe(204);
    expect((await account.send('PATCH', `/Groups/${third}`, add)).status).toBe(400);
    expect(membersOf(second)).toEqual([other.id, id]);
    expect(membersOf(third)).toEqual([other.id]);
  });

  test('are the published ones, and a full account refuses the next group', async () => {
    expect(account.store.caps).toEqual({
      principals: 10_000,
      groups: 5_000,
      membershipsPerIdentity: 1_500,
      nestingDepth: 10,
      membersAtCreate: 5_000,
    });
    account.store.caps.groups = 1;
    expect((await account.send('POST', '/Groups', { displayName: 'one' })).status).toBe(201);
    expect((await account.send('POST', '/Groups', { displayName: 'two' })).status).toBe(400);
    expect((await account.send('POST', '/Users', { userName: 'a@b.c' })).status).toBe(201);
  });
});
