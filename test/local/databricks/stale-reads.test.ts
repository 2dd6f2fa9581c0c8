import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchOp, startAccount, type TestAccount } from './fixture.ts';

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const rename = (value: string): object => patchOp({ op: 'replace', path: 'displayName', value });

describe('with stale first reads', () => {
  test('the first read after a write shows what was before, and each resource has its own', async () => {
    const [a, b] = ['a', 'b'].map(name => account.store.add({ type: 'Users', userName: `${name}@b.c` }).id);
    account.databricks.staleFirstReads = true;
    const name = async (id: string | undefined): Promise<string> =>
      (await account.send('GET', `/Users/${id}`)).json.displayName;
    expect(await name(a)).toBe('a@b.c');
    await account.send('PATCH', `/Users/${a}`, rename('one'));
    await account.send('PATCH', `/Users/${b}`, rename('two'));
    expect([await name(a), await name(a)]).toEqual(['a@b.c', 'one']);
    expect([await name(b), await name(b)]).toEqual(['b@b.c', 'two']);
    await account.send('PATCH', `/Users/${a}`, rename('three'));
    expect([await name(a), await name(a)]).toEqual(['one', 'three']);
  });

  test('what was just created is not there, and what was just deleted still is', async () => {
    account.databricks.staleFirstReads = true;
    const { json } = await account.send('POST', '/Groups', { displayName: 'data' });
    const status = async (): Promise<number> => (await account.send('GET', `/Groups/${json.id}`)).status;
    expect([await status(), await status()]).toEqual([404, 200]);
    await account.send('DELETE', `/Groups/${json.id}`);
    expect([await status(), await status()]).toEqual([200, 404]);
  });

  test('a list is a read of everything in it', async () => {
    account.databricks.staleFirstReads = true;
    await account.send('POST', '/Groups', { displayName: 'data' });
    const total = async (): Promise<number> => (await account.send('GET', '/Groups')).json.totalResults;
    expect([await total(), await total()]).toEqual([0, 1]);
  });

  test('what was written before they were switched on is as good as read, and switching off ends them', async () => {
    const { id } = account.store.add({ type: 'Groups', displayName: 'data' });
    account.databricks.staleFirstReads = true;
    expect((await account.send('GET', `/Groups/${id}`)).status).toBe(200);
    await account.send('PATCH', `/Groups/${id}`, rename('other'));
    account.databricks.staleFirstReads = false;
    expect((await account.send('GET', `/Groups/${id}`)).json.displayName).toBe('other');
    account.databricks.staleFirstReads = true;
    expect((await account.send('GET', `/Groups/${id}`)).json.displayName).toBe('other');
  });
});

test('lists of groups carry members where a test says so, as they once did', async () => {
  const { id } = account.store.add({ type: 'Users', userName: 'a@b.c' });
  account.store.add({ type: 'Groups', displayName: 'data', members: [id] });
  account.store.add({ type: 'Groups', displayName: 'empty' });
  account.databricks.listsMembers = true;
  const { json } = await account.send('GET', '/Groups');
  expect(json.Resources[0].members).toMatchObject([{ value: id }]);
  expect(json.Resources[1]).not.toHaveProperty('members');
  const without = await account.send('GET', '/Groups?excludedAttributes=members');
  expect(without.json.Resources[0]).not.toHaveProperty('members');
});
