/** Replacing, deleting, deactivating, matching; and what errors look like. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DOORS, errorShape, type OpenDoor, openDoor, said } from './doors.ts';
import { patchOp, TOKEN } from './fixture.ts';

let door: OpenDoor;
afterEach(() => door.close());

describe.each(DOORS)('on %s', api => {
  beforeEach(async () => {
    door = await openDoor(api);
  });
  const person = (name = 'a'): string => door.store.add({ type: 'Users', userName: `${name}@b.c` }).id;
  const add = (value: string) => patchOp({ op: 'add', path: 'members', value: [{ value }] });

  test('PUT replaces all of it: what is not sent again is lost', async () => {
    const { id } = door.store.add({
      type: 'Groups',
      displayName: 'data',
      externalId: 'e',
      roles: ['r'],
      members: [person()],
    });
    await door.send('PUT', `/Groups/${id}`, { displayName: 'data' });
    const { json } = await door.send('GET', `/Groups/${id}`);
    expect(Object.keys(json).toSorted()).toEqual(['displayName', 'id', 'meta', 'schemas']);
  });

  test('DELETE answers 204, and the resource is gone from everywhere', async () => {
    const id = person();
    const group = door.store.add({ type: 'Groups', displayName: 'data', members: [id] });
    expect(await door.send('DELETE', `/Users/${id}`)).toMatchObject({ status: 204, text: '' });
    expect((await door.send('GET', `/Users/${id}`)).status).toBe(404);
    expect((await door.send('DELETE', `/Users/${id}`)).status).toBe(404);
    expect((await door.send('GET', `/Groups/${group.id}`)).json).not.toHaveProperty('members');
  });

  test('who is deactivated is still there, inactive, in his groups and found by name', async () => {
    const id = person();
    const group = door.store.add({ type: 'Groups', displayName: 'data', members: [id] });
    await door.send('PATCH', `/Users/${id}`, patchOp({ op: 'replace', path: 'active', value: false }));
    const found = await door.send('GET', `/Users?filter=${encodeURIComponent('userName eq "a@b.c"')}`);
    expect(found.json.Resources).toMatchObject([{ id, active: false }]);
    expect((await door.send('GET', `/Groups/${group.id}`)).json.members).toMatchObject([{ value: id }]);
    expect((await door.send('POST', '/Users', { userName: 'a@b.c' })).status).toBe(409);
  });

  test.each(['users', 'admins', 'account users'])('a group cannot be called %s', async displayName => {
    const refused = await door.send('POST', '/Groups', { displayName });
    expect(refused.status).toBe(409);
    expect(said(refused)).toBe(`Group with name ${displayName} already exists.`);
  });

  test('groups nest, ten deep, and never in a ring', async () => {
    const ids = Array.from(
      { length: 10 },
      (_, i) => door.store.add({ type: 'Groups', displayName: `g${i}` }).id,
    );
    for (const [i, id] of ids.slice(1).entries()) {
      expect((await door.send('PATCH', `/Groups/${ids[i]}`, add(id))).status).toBeLessThan(300);
    }
    const { json } = await door.send('GET', `/Groups/${ids[0]}`);
    expect(json.members).toMatchObject([{ value: ids[1], $ref: `Groups/${ids[1]}` }]);
    const top = door.store.add({ type: 'Groups', displayName: 'top' });
    expect((await door.send('PATCH', `/Groups/${top.id}`, add(ids[0] ?? ''))).status).toBe(400);
    expect((await door.send('PATCH', `/Groups/${ids[9]}`, add(ids[0] ?? ''))).status).toBe(400);
  });

  test('a group with an externalId takes members like any other', async () => {
    const { id } = door.store.add({ type: 'Groups', displayName: 'data', externalId: 'oid' });
    expect((await door.send('PATCH', `/Groups/${id}`, add(person()))).status).toBeLessThan(300);
  });

  describe('an error', () => {
    const refusals: [string, number, RegExp, () => ReturnType<OpenDoor['send']>][] = [
      [
        'a user that exists',
        409,
        api === 'workspace'
          ? /^User with username a@b\.c already exists\.$/
          : /^User with email a@b\.c already exists in this account\. Note: emails are case insensitive/,
        () => {
          person();
          return door.send('POST', '/Users', { userName: 'A@b.c' });
        },
      ],
      [
        'a group that exists',
        409,
        /^Group with name data already exists\.$/,
        () => {
          door.store.add({ type: 'Groups', displayName: 'data' });
          return door.send('POST', '/Groups', { displayName: 'data' });
        },
      ],
      [
        'a service principal that exists',
        409,
        /^Service principal with application ID app already exists\.$/,
        () => {
          door.store.add({ type: 'ServicePrincipals', applicationId: 'app' });
          return door.send('POST', '/ServicePrincipals', { applicationId: 'app' });
        },
      ],
      [
        'a group that is missing',
        404,
        /^Group with id 1234 is not found$/,
        () => door.send('GET', '/Groups/1234'),
      ],
      [
        'members that fail a creation',
        500,
        /^Failed to update members of group data$/,
        () => door.send('POST', '/Groups', { displayName: 'data', members: [{ value: '1' }] }),
      ],
      [
        'an attribute that is not there',
        400,
        /^No such attribute with the name : roles in the current resource$/,
        () =>
          door.send('PATCH', `/Users/${person()}`, patchOp({ op: 'remove', path: 'roles[value eq "x"]' })),
      ],
      [
        'a filter operator',
        400,
        /^Given filter operator is not supported$/,
        () => door.send('GET', `/Users?filter=${encodeURIComponent('userName gt "a"')}`),
      ],
      [
        'more than 200 nodes in a filter',
        400,
        /./,
        () => {
          const filter = Array.from({ length: 101 }, (_, i) => `userName eq "${i}"`).join(' or ');
          return door.send('GET', `/Users?filter=${encodeURIComponent(filter)}`);
        },
      ],
      [
        'a write of no admin',
        403,
        /^\/2\..*\/Groups is only accessible by admins$/,
        () => {
          for (const realm of [door.account.databricks, door.workspace])
            realm.callers.set(TOKEN, { admin: false });
          return door.send('POST', '/Groups', { displayName: 'data' });
        },
      ],
      ['a wrong path', 404, /^Endpoint not supported\.$/, () => door.send('GET', '/Schemas')],
      ['bulk', 404, /^Endpoint not supported\.$/, () => door.send('POST', '/Bulk', {})],
    ];

    test.each(refusals)('for %s is %i with its known text', async (_what, status, text, provoke) => {
      const refused = await provoke();
      expect(refused.status).toBe(status);
      expect(refused.json).toMatchObject(errorShape(api, status));
      expect(said(refused)).toMatch(text);
    });

    test('for members that fail a creation comes although the group is there', async () => {
      await door.send('POST', '/Groups', { displayName: 'data', members: [{ value: '1' }] });
      expect(door.store.group('data')?.members.size).toBe(0);
    });

    test.each([
      ['text of a code and a message', 'ABORTED: try again', 'text/plain', 409],
      ['a page', '<html><body><pre>upstream</pre></body></html>', 'text/html', 502],
      ['nothing', '', 'text/plain', 503],
      ["the platform's JSON", { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'busy' }, undefined, 503],
      [
        "SCIM's JSON",
        { schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], detail: 'null', status: '500' },
        undefined,
        500,
      ],
    ])('can be made to be %s', async (_what, body, contentType, status) => {
      door.realm.faults.push({ status, body, contentType, times: 1 });
      const answer = await door.send('GET', '/Users');
      expect([answer.status, answer.json ?? answer.text]).toEqual([status, body]);
    });
  });
});

describe('deleting from the account', () => {
  test('takes somebody out of every workspace that he was assigned to', async () => {
    door = await openDoor('2.1', { federated: true });
    const { id } = door.store.add({ type: 'Users', userName: 'a@b.c' });
    const path = `/workspaces/${door.workspace.id}/permissionassignments`;
    await door.account.platform('PUT', `${path}/principals/${id}`, { permissions: ['USER'] });
    expect((await door.account.platform('GET', path)).json.permission_assignments).toHaveLength(1);
    await door.send('DELETE', `/Users/${id}`);
    expect((await door.account.platform('GET', path)).json.permission_assignments).toEqual([]);
  });
});
