import { describe, expect, test } from 'vitest';
import { Absent } from '../../src/directory/errors.ts';
import { principalKey } from '../../src/identity/principal.ts';
import { startPair, usersNamed } from './graph.ts';

const many = Array.from({ length: 45 }, (_, i) => `u${i}`);

describe('reading principals', () => {
  test('a user comes with everything the mapping needs, and 404 is undefined', async () => {
    await using pair = await startPair({
      users: [
        { id: 'ann', userPrincipalName: "ann.o'hara@contoso.com", givenName: 'Ann', accountEnabled: false },
      ],
    });
    expect(await pair.graph.getUser('ann')).toEqual({
      id: 'ann',
      userPrincipalName: "ann.o'hara@contoso.com",
      displayName: "ann.o'hara@contoso.com",
      givenName: 'Ann',
      surname: null,
      accountEnabled: false,
      userType: 'Member',
      properties: {
        id: 'ann',
        userPrincipalName: "ann.o'hara@contoso.com",
        displayName: "ann.o'hara@contoso.com",
        givenName: 'Ann',
        surname: null,
        accountEnabled: false,
        userType: 'Member',
      },
    });
    expect(await pair.graph.getUser('nobody/../ann')).toBeUndefined();
  });

  test('many are read in batches of twenty, each id answered', async () => {
    await using pair = await startPair({ users: usersNamed(...many) });
    const found = await pair.graph.getUsers([...many, 'nobody', 'u0']);
    expect(found.size).toBe(46);
    expect(found.get('u44')).toMatchObject({ id: 'u44' });
    expect(found.has('nobody') && found.get('nobody')).toBeUndefined();
    expect(pair.graph.requestCount).toBe(3);
  });

  test('a group comes with its visibility, and 404 is undefined', async () => {
    await using pair = await startPair({
      groups: [{ id: 'g', displayName: 'G', visibility: 'HiddenMembership' }],
    });
    expect(await pair.graph.getGroup('g')).toMatchObject({
      id: 'g',
      displayName: 'G',
      visibility: 'HiddenMembership',
      securityEnabled: true,
      mailEnabled: false,
      groupTypes: [],
      createdDateTime: expect.any(String),
    });
    expect((await pair.graph.getGroups(['g', 'x'])).get('x')).toBeUndefined();
  });

  test('what is in the recycle bin is found there and nowhere else', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    expect(await pair.graph.getDeleted('ann')).toBeUndefined();
    pair.local.store.delete('ann');
    expect(await pair.graph.getUser('ann')).toBeUndefined();
    expect(await pair.graph.getDeleted('ann')).toEqual({ id: 'ann', deletedDateTime: expect.any(String) });
  });
});

describe('reading memberships', () => {
  test('transitive members: of every kind, service principals included, hidden groups marked', async () => {
    await using pair = await startPair({
      users: [
        ...usersNamed('ann'),
        { id: 'bob', userPrincipalName: 'bob@contoso.com', accountEnabled: false },
      ],
      devices: [{ id: 'laptop' }],
      servicePrincipals: [{ id: 'robot' }],
      groups: [
        { id: 'outer', displayName: 'O', members: ['inner', 'secret', 'laptop', 'robot'] },
        { id: 'inner', displayName: 'I', members: ['ann', 'bob'] },
        { id: 'secret', displayName: 'S', visibility: 'HiddenMembership', members: ['ann'] },
      ],
    });
    const members = await pair.graph.listTransitiveMembers('outer');
    expect(members.sort((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: 'ann', kind: 'user', accountEnabled: true },
      { id: 'bob', kind: 'user', accountEnabled: false },
      { id: 'inner', kind: 'group', hiddenMembership: false },
      { id: 'laptop', kind: 'other' },
      { id: 'robot', kind: 'servicePrincipal', accountEnabled: true },
      { id: 'secret', kind: 'group', hiddenMembership: true },
    ]);
  });

  test('a list of several pages is read to its end', async () => {
    const ids = Array.from({ length: 1200 }, (_, i) => `u${i}`);
    await using pair = await startPair({
      users: usersNamed(...ids),
      groups: [{ id: 'g', displayName: 'G', members: ids }],
    });
    expect(await pair.graph.listTransitiveMembers('g')).toHaveLength(1200);
    expect(pair.graph.requestCount).toBe(2);
  });

  test('the members of a group that is not there are not an empty list', async () => {
    await using pair = await startPair();
    await expect(pair.graph.listTransitiveMembers('nothing')).rejects.toThrow(Absent);
    await expect(pair.graph.listAssignments('nothing')).rejects.toThrow(Absent);
  });

  test('membership checks are transitive, chunked, and know absence from "no"', async () => {
    const groups = Array.from({ length: 25 }, (_, i) => ({
      id: `g${i}`,
      displayName: 'G',
      members: ['inner'],
    }));
    await using pair = await startPair({
      users: usersNamed('ann', 'bob'),
      groups: [{ id: 'inner', displayName: 'I', members: ['ann'] }, ...groups],
    });
    const ids = groups.map(g => g.id);
    expect(await pair.graph.checkMemberGroups({ kind: 'user', id: 'ann' }, ids)).toEqual(ids);
    expect(await pair.graph.checkMemberGroups({ kind: 'user', id: 'nobody' }, ids)).toBeUndefined();
    const users = ['ann', 'bob', 'nobody'].map(id => ({ kind: 'user', id }) as const);
    expect(await pair.graph.checkMembership('g0', users)).toEqual(
      new Map<string, boolean | 'absent'>([
        ['ann', true],
        ['bob', false],
        ['nobody', 'absent'],
      ]),
    );
    const above = await pair.graph.listTransitiveMemberOf({ kind: 'user', id: 'ann' });
    expect(new Set(above)).toEqual(new Set(['inner', ...ids]));
  });
});

describe('reading assignments', () => {
  test('all of the application, and the ones that a principal holds itself there', async () => {
    await using pair = await startPair({
      users: usersNamed('ann', 'bob'),
      groups: [{ id: 'g', displayName: 'G', members: ['bob'] }],
      servicePrincipals: [
        { id: 'app', appId: 'app-id', displayName: 'Databricks' },
        { id: 'other', appId: 'x' },
      ],
      assignments: [
        { principalId: 'ann', resourceId: 'app' },
        { principalId: 'ann', resourceId: 'other' },
        { principalId: 'g', resourceId: 'app' },
        { principalId: 'other', resourceId: 'app' },
      ],
    });
    const { graph } = pair;
    expect(new Set((await graph.listAssignments('app')).map(a => principalKey(a.principal)))).toEqual(
      new Set(['group:g', 'servicePrincipal:other', 'user:ann']),
    );
    const own = await graph.listOwnAssignments({ kind: 'user', id: 'ann' }, 'app');
    expect(own).toMatchObject([{ principal: { kind: 'user', id: 'ann' }, appRoleId: expect.any(String) }]);
    expect(await graph.listOwnAssignments({ kind: 'user', id: 'bob' }, 'app')).toEqual([]);
    expect(await graph.listOwnAssignments({ kind: 'user', id: 'nobody' }, 'app')).toBeUndefined();
    const ofGroups = await graph.listAssignmentsOfGroups(['g', 'none'], 'app');
    expect(ofGroups).toMatchObject([{ principal: { kind: 'group', id: 'g' } }]);
    expect(await graph.listAssignmentsOfGroups(['g'], 'other')).toEqual([]);
    expect(await graph.findEnterpriseApplication('app')).toEqual({
      id: 'app',
      appId: 'app-id',
      displayName: 'Databricks',
      appRoles: [],
    });
    pair.local.faults.hideServicePrincipals = true;
    expect(await graph.findEnterpriseApplication('app')).toBeUndefined();
  });

  test('of a group in a batch are read to the end, however many pages they are', async () => {
    const assignments = Array.from({ length: 1_001 }, () => ({
      principalId: 'g',
      resourceId: 'app',
      appRoleId: crypto.randomUUID(),
    }));
    await using pair = await startPair({
      groups: [{ id: 'g', displayName: 'G' }],
      servicePrincipals: [{ id: 'app', appId: 'app-id', displayName: 'Databricks' }],
      assignments,
    });
    expect(await pair.graph.listAssignmentsOfGroups(['g'], 'app')).toHaveLength(1_001);
  });
});
