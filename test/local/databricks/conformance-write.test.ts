/** Creating and patching, form by form, as public clients and the reference do it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DOORS, type OpenDoor, openDoor, ownGroups, said } from './doors.ts';
import { patchOp } from './fixture.ts';

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const ROBOT = 'urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal';

let door: OpenDoor;
afterEach(() => door.close());

describe.each(DOORS)('on %s', api => {
  beforeEach(async () => {
    door = await openDoor(api);
  });
  const robotStatus = api === '2.1' ? 200 : 201;

  describe('creating', () => {
    test.each([
      [
        '/Users',
        201,
        { schemas: [USER], userName: 'u@contoso.com', displayName: 'U', externalId: 'oid', active: true },
      ],
      ['/Users', 201, { userName: 'u@contoso.com', displayName: 'U', externalId: 'oid' }],
      ['/Groups', 201, { schemas: [GROUP], displayName: 'data-eng', externalId: 'oid' }],
      ['/Groups', 201, { displayName: 'data-eng', externalId: 'oid' }],
      [
        '/ServicePrincipals',
        robotStatus,
        { schemas: [ROBOT], applicationId: 'app', displayName: 'x', externalId: 'oid', active: true },
      ],
    ])('%s answers %i to %j', async (path, status, body) => {
      const created = await door.send('POST', path, body);
      expect(created).toMatchObject({ status, json: { ...body, id: expect.stringMatching(/^\d+$/) } });
      expect(await door.send('GET', `${path}/${created.json.id}`)).toMatchObject({ status: 200, json: body });
    });

    test('takes 5,000 members of a new group, and not one more', async () => {
      const members = Array.from({ length: 5_001 }, (_, i) => ({ value: `${i}` }));
      const refused = await door.send('POST', '/Groups', { displayName: 'over', members });
      expect([refused.status, ownGroups(door)]).toEqual([400, []]);
      const tried = await door.send('POST', '/Groups', { displayName: 'most', members: members.slice(1) });
      // The members do not exist, which is another refusal.
      expect([tried.status, ownGroups(door)]).toEqual([500, ['most']]);
    });

    test('lower-cases a user name and fills the work email with it', async () => {
      const { json } = await door.send('POST', '/Users', { userName: 'Ada.L@Contoso.com' });
      expect(json).toMatchObject({
        userName: 'ada.l@contoso.com',
        emails: [{ type: 'work', value: 'ada.l@contoso.com', primary: true }],
      });
    });

    test.each([
      [201, 'U@contoso.com'],
      [400, 'other@contoso.com'],
    ])('answers %i when the work email is %s', async (status, value) => {
      const emails = [{ type: 'work', value, primary: true }];
      expect((await door.send('POST', '/Users', { userName: 'u@contoso.com', emails })).status).toBe(status);
    });
  });

  describe('patching', () => {
    const patch = (path: string, ...operations: object[]) => door.send('PATCH', path, patchOp(...operations));
    const people = (count: number): string[] =>
      Array.from({ length: count }, (_, i) => door.store.add({ type: 'Users', userName: `u${i}@b.c` }).id);
    const group = (members: string[] = []): string =>
      door.store.add({ type: 'Groups', displayName: 'data', externalId: 'e', members }).id;
    const membersOf = (id: string): string[] => [...(door.store.get('Groups', id)?.members ?? [])];
    const remove = (id = '') => ({ op: 'remove', path: `members[value eq "${id}"]` });

    test.each([
      ['with a path', (value: object[]) => ({ op: 'add', path: 'members', value })],
      ['without', (value: object[]) => ({ op: 'add', value: { members: value } })],
    ])('adds members, those who are there too: %s', async (_form, add) => {
      const [a = '', b = ''] = people(2);
      const id = group([a]);
      const { status } = await patch(`/Groups/${id}`, add([{ value: a }, { value: b }]));
      expect([status < 300, membersOf(id)]).toEqual([true, [a, b]]);
    });

    test('removes members by filter, absent ones too, unless there are none at all', async () => {
      const [a = '', b = ''] = people(2);
      const id = group([a]);
      expect((await patch(`/Groups/${id}`, remove(b))).status).toBeLessThan(300);
      expect((await patch(`/Groups/${id}`, remove(a))).status).toBeLessThan(300);
      const none = await patch(`/Groups/${id}`, remove(a));
      expect(none.status).toBe(400);
      expect(said(none)).toBe('No such attribute with the name : members in the current resource');
    });

    test('takes removals and then additions, fifty of each in one request', async () => {
      const old = people(50);
      const id = group(old);
      const fresh = Array.from(
        { length: 100 },
        (_, i) => door.store.add({ type: 'ServicePrincipals', applicationId: `a${i}` }).id,
      );
      const values = fresh.map(value => ({ value }));
      const adds = [values.slice(0, 50), values.slice(50)].map(value => ({
        op: 'add',
        value: { members: value },
      }));
      const { status } = await patch(`/Groups/${id}`, ...old.slice(1).map(remove), ...adds);
      expect([status < 300, membersOf(id)]).toEqual([true, [old[0], ...fresh]]);
    });

    test('renames a group, keeping its members', async () => {
      const [a = ''] = people(1);
      const id = group([a]);
      expect(
        (await patch(`/Groups/${id}`, { op: 'replace', path: 'displayName', value: 'new' })).status,
      ).toBeLessThan(300);
      expect(door.store.get('Groups', id)).toMatchObject({ displayName: 'new', externalId: 'e' });
      expect(membersOf(id)).toEqual([a]);
    });

    test.each([
      { op: 'replace', path: 'active', value: [{ value: 'false' }] },
      { op: 'replace', path: 'active', value: 'false' },
      { op: 'replace', path: 'active', value: false },
      { op: 'replace', value: { active: false } },
      { op: 'Replace', path: 'active', value: 'False' },
    ])('deactivates by %j', async operation => {
      const [user = ''] = people(1);
      const robot = door.store.add({ type: 'ServicePrincipals', applicationId: 'app' }).id;
      for (const path of [`/Users/${user}`, `/ServicePrincipals/${robot}`]) {
        expect((await patch(path, operation)).status).toBe(200);
        expect((await door.send('GET', path)).json.active).toBe(false);
      }
    });

    test.each([
      ['/Users', { userName: 'a@b.c' }, 'kept'],
      ['/ServicePrincipals', { applicationId: 'app' }, 'kept'],
      ['/Groups', { displayName: 'data' }, undefined],
    ])('sets the externalId, and an empty one clears it for groups alone: %s', async (path, body, left) => {
      const { json } = await door.send('POST', path, body);
      const set = (value: string) =>
        patch(`${path}/${json.id}`, { op: 'replace', path: 'externalId', value });
      const shown = async () => (await door.send('GET', `${path}/${json.id}`)).json.externalId;
      await set('kept');
      expect(await shown()).toBe('kept');
      expect((await set('')).status).toBeLessThan(300);
      expect(await shown()).toBe(left);
    });

    test('gives roles and takes them', async () => {
      const [user = ''] = people(1);
      const path = `/Users/${user}`;
      const given = await patch(path, { op: 'add', path: 'roles', value: [{ value: 'account_admin' }] });
      expect(given.json.roles).toEqual([{ value: 'account_admin' }]);
      const taken = await patch(path, { op: 'remove', path: 'roles[value eq "account_admin"]' });
      expect([taken.status, taken.json.roles]).toEqual([200, undefined]);
    });

    test('gives entitlements and takes them, where there are any', async () => {
      const [user = ''] = people(1);
      const path = `/Users/${user}`;
      const value = [{ value: 'workspace-access' }];
      const given = await patch(path, { op: 'add', path: 'entitlements', value });
      const taken = await patch(path, { op: 'remove', path: 'entitlements[value eq "workspace-access"]' });
      expect([given.status, given.json.entitlements]).toEqual([200, api === 'workspace' ? value : undefined]);
      expect(taken.status).toBe(api === 'workspace' ? 200 : 400);
    });

    test.each([
      [
        'path with a filter in an add',
        500,
        { op: 'add', path: 'members[value eq x]', value: [{ value: 'x' }] },
      ],
      ['quoted filter in an add', 500, { op: 'add', path: 'members[value eq "x"]', value: [{ value: 'x' }] }],
      ['scalar as members', 400, { op: 'add', path: 'members', value: '1' }],
      ['removal without a path', 400, { op: 'remove' }],
      ['filter other than eq', 501, { op: 'remove', path: 'members[value ne "1"]' }],
    ])('refuses a %s with %i', async (what, status, operation) => {
      const id = group(people(1));
      const refused = await patch(`/Groups/${id}`, operation);
      expect(refused.status).toBe(status);
      if (status === 500) {
        expect(said(refused)).toBe('Error in performing the patch operation on group resource.');
      }
      if (what.startsWith('scalar') && api !== '2.1') expect(refused.json.scimType).toBe('invalidSyntax');
      expect(membersOf(id)).toHaveLength(1);
    });

    test('of the group users is a 500, whatever it says', async () => {
      const id = door.store.group('users')?.id ?? door.store.add({ type: 'Groups', displayName: 'users' }).id;
      const refused = await patch(`/Groups/${id}`, {
        op: 'add',
        path: 'entitlements',
        value: [{ value: 'x' }],
      });
      expect(refused.status).toBe(500);
      expect(said(refused)).toBe('Error in performing the patch operation on group resource.');
    });

    test('with a list of values to remove empties the group, unless it is one of the others', async () => {
      const ids = people(2);
      const id = group(ids);
      const trap = { op: 'remove', path: 'members', value: [{ value: ids[0] }] };
      expect((await patch(`/Groups/${id}`, trap)).status).toBeLessThan(300);
      expect(membersOf(id)).toEqual([]);
      door.store.change('Groups', id, { members: new Set(ids) });
      door.realm.removeMembersWithValue = 'removeListed';
      await patch(`/Groups/${id}`, trap);
      expect(membersOf(id)).toEqual(ids.slice(1));
    });

    test('ignores user names and emails without a word', async () => {
      const [user = ''] = people(1);
      const value = { userName: 'new@b.c', emails: [{ type: 'work', value: 'new@b.c' }] };
      const { status, json } = await patch(`/Users/${user}`, { op: 'replace', value });
      expect([status, json.userName, json.emails[0].value]).toEqual([200, 'u0@b.c', 'u0@b.c']);
    });
  });
});
