import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { DOORS, type DoorName, type OpenDoor, openDoor, said } from './doors.ts';
import { ACCOUNT_ID, patchOp } from './fixture.ts';

interface Shape {
  name: string;
  method?: string;
  path?: string;
  body?: object;
  texts?: string[];
  fields?: string[];
  urn?: string;
}

/** Test data that is not part of this repository: request shapes of two working clients, with their sources. */
const file = new URL('../../../../shared/scim-requests/databricks-shapes.json', import.meta.url);
const absent = !existsSync(file);
if (absent) console.info('skipped: ../shared/scim-requests/databricks-shapes.json is not here');
const shapes: Shape[] = absent ? [] : (JSON.parse(readFileSync(file, 'utf8')) as Shape[]);
const named = (name: string): Shape => shapes.find(shape => shape.name === name) ?? { name };

let door: OpenDoor;
const open = async (name: DoorName): Promise<OpenDoor> => {
  door = await openDoor(name);
  return door;
};
afterEach(() => door?.close());

test.skipIf(absent)('the shapes are the ones this test knows', () => {
  expect(shapes.map(({ name }) => name)).toEqual([
    'member add',
    'member add, pathless, 50 per operation and 50 operations per PATCH',
    'member remove',
    'update scalar',
    'account URL',
    'workspace URL',
    'conflict texts a client must recognise',
    'group update is GET then PUT of the whole group',
    'service principal schema',
  ]);
});

const requests = shapes.filter(shape => shape.method === 'PATCH' && shape.body !== undefined);

describe.skipIf(absent).each(DOORS)('on %s', api => {
  test.each(requests.map(shape => [shape.name, shape] as const))(
    '%s succeeds with its documented effect',
    async (_name, shape) => {
      const { store, send } = await open(api);
      // The placeholders of the samples stand for resources that exist.
      const people = ['bcd', '1', '2'].map(name => [
        name,
        store.add({ type: 'Users', userName: `${name}@b.c` }).id,
      ]);
      const ids = new Map(people as [string, string][]);
      let text = JSON.stringify(shape.body);
      for (const [name, id] of ids)
        text = text.replaceAll(`"${name}\\"`, `"${id}\\"`).replaceAll(`"${name}"`, `"${id}"`);
      const removal = text.includes('"remove"');
      const members = removal ? ids.values() : [];
      const group = store.add({ type: 'Groups', displayName: 'g', members });
      const user = store.add({ type: 'Users', userName: 'u@b.c', active: false });
      const isUser = shape.path?.startsWith('/Users');
      const path = (shape.path ?? '').replace('{id}', isUser ? user.id : group.id);

      const { status } = await send('PATCH', path, JSON.parse(text));
      expect(status).toBe(isUser || api === 'workspace' ? 200 : 204);
      const left = [...(store.get('Groups', group.id)?.members ?? [])];
      if (isUser) {
        expect(store.get('Users', user.id)).toMatchObject({ displayName: 'N', active: true });
      } else if (removal) {
        expect(left).toEqual([ids.get('1'), ids.get('2')]);
      } else {
        expect(left).toEqual([...ids.values()].filter(id => text.includes(id)));
        expect(left.length).toBeGreaterThan(0);
      }
    },
  );

  test('every conflict text is one that clients recognise', async () => {
    const known = named('conflict texts a client must recognise').texts ?? [];
    const { send } = await open(api);
    for (const [path, body] of [
      ['/Users', { userName: 'taken@b.c' }],
      ['/Groups', { displayName: 'taken' }],
      ['/ServicePrincipals', { applicationId: 'taken' }],
    ] as const) {
      await send('POST', path, body);
      const text = said(await send('POST', path, body)).replace(/taken(@b\.c)?/, '{x}');
      expect(known.filter(prefix => text.startsWith(prefix))).toHaveLength(1);
    }
  });

  test('who updates a group by GET and PUT undoes what somebody else adds in between', async () => {
    const { store, send } = await open(api);
    const [a, b] = ['a', 'b'].map(name => store.add({ type: 'Users', userName: `${name}@b.c` }).id);
    const { id } = store.add({ type: 'Groups', displayName: 'data', externalId: 'e', members: [a ?? ''] });
    const { json } = await send('GET', `/Groups/${id}`);
    await send('PATCH', `/Groups/${id}`, patchOp({ op: 'add', path: 'members', value: [{ value: b }] }));
    expect((await send('PUT', `/Groups/${id}`, { ...json, displayName: 'renamed' })).status).toBe(200);
    const group = store.get('Groups', id);
    expect(group).toMatchObject({ displayName: 'renamed', externalId: 'e' });
    expect([...(group?.members ?? [])]).toEqual([a]);
  });

  test('a service principal has the documented fields and no others', async () => {
    const { fields = [], urn } = named('service principal schema');
    const { realm, store, send } = await open(api);
    realm.entitlements = 'kept';
    const robot = store.add({
      type: 'ServicePrincipals',
      applicationId: 'app',
      externalId: 'e',
      roles: ['r'],
      entitlements: ['allow-cluster-create'],
    });
    store.add({ type: 'Groups', displayName: 'data', members: [robot.id] });
    const { json } = await send('GET', `/ServicePrincipals/${robot.id}`);
    expect(json.schemas).toEqual([urn]);
    expect(Object.keys(json).toSorted()).toEqual([...fields, 'meta', 'schemas'].toSorted());
  });
});

test.skipIf(absent)('the addresses are those of the clients', async () => {
  const { account, workspace } = await open('2.0');
  const at = (name: string): string => (named(name).path ?? '').replace('/Groups/{id}', '');
  expect(new URL(account.databricks.scimUrl20).pathname).toBe(
    at('account URL').replace('{account_id}', ACCOUNT_ID),
  );
  expect(new URL(workspace.scimUrl).pathname).toBe(at('workspace URL'));
});
