import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startAccount, type TestAccount } from './fixture.ts';

interface Shape {
  name: string;
  method?: string;
  path?: string;
  body?: object;
  texts?: string[];
}

/** Test data that is not part of this repository: request shapes of two working clients, with their sources. */
const file = new URL('../../../../shared/scim-requests/databricks-shapes.json', import.meta.url);
const absent = !existsSync(file);
if (absent) console.info('skipped: ../shared/scim-requests/databricks-shapes.json is not here');
const shapes: Shape[] = absent ? [] : (JSON.parse(readFileSync(file, 'utf8')) as Shape[]);

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

const requests = shapes.filter(shape => shape.method === 'PATCH' && shape.body !== undefined);
const version = ['2.0', '2.1'] as const;

test.skipIf(absent)('the shapes are the ones this test knows', () => {
  expect(requests.map(({ name }) => name)).toEqual([
    'member add',
    'member add, pathless, 50 per operation and 50 operations per PATCH',
    'member remove',
    'update scalar',
  ]);
});

test.skipIf(absent).each(requests.flatMap(shape => version.map(api => [shape.name, api, shape] as const)))(
  '%s succeeds on %s with its documented effect',
  async (_name, api, shape) => {
    // The placeholders of the samples stand for resources that exist.
    const people = ['bcd', '1', '2'].map(name => [
      name,
      account.store.add({ type: 'Users', userName: `${name}@b.c` }).id,
    ]);
    const ids = new Map(people as [string, string][]);
    let text = JSON.stringify(shape.body);
    for (const [name, id] of ids)
      text = text.replaceAll(`"${name}\\"`, `"${id}\\"`).replaceAll(`"${name}"`, `"${id}"`);
    const removal = text.includes('"remove"');
    const group = account.store.add({
      type: 'Groups',
      displayName: 'g',
      members: removal ? ids.values() : [],
    });
    const user = account.store.add({ type: 'Users', userName: 'u@b.c', active: false });
    const target = shape.path?.startsWith('/Users') ? user.id : group.id;

    const { status } = await account.send(
      'PATCH',
      (shape.path ?? '').replace('{id}', target),
      JSON.parse(text),
      api,
    );
    expect(status).toBe(target === user.id ? 200 : 204);
    const members = [...(account.store.get('Groups', group.id)?.members ?? [])];
    if (target === user.id) {
      expect(account.store.get('Users', user.id)).toMatchObject({ displayName: 'N', active: true });
    } else if (removal) {
      expect(members).toEqual([ids.get('1'), ids.get('2')]);
    } else {
      expect(members).toEqual([...ids.values()].filter(id => text.includes(id)));
      expect(members.length).toBeGreaterThan(0);
    }
  },
);

test.skipIf(absent)('the conflict texts are those that clients recognise', async () => {
  const known = shapes.flatMap(shape => shape.texts ?? []);
  const texts: string[] = [];
  for (const [path, body] of [
    ['/Users', { userName: 'taken@b.c' }],
    ['/Groups', { displayName: 'taken' }],
    ['/ServicePrincipals', { applicationId: 'taken' }],
  ] as const) {
    await account.send('POST', path, body);
    const { json } = await account.send('POST', path, body, '2.0');
    texts.push(json.detail.replace(/taken(@b\.c)?/, '{x}'));
  }
  for (const text of texts) expect(known.some(prefix => text.startsWith(prefix))).toBe(true);
});
