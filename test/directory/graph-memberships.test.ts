import { describe, expect, test } from 'vitest';
import { Absent } from '../../src/directory/errors.ts';
import type { SourceMember } from '../../src/directory/types.ts';
import type { DirectorySeed } from '../../src/local/directory/types.ts';
import { startPair, usersNamed } from './graph.ts';

const seed: DirectorySeed = {
  users: usersNamed('ann', 'bob'),
  devices: [{ id: 'laptop' }],
  servicePrincipals: [{ id: 'robot', accountEnabled: false }],
  groups: [
    { id: 'outer', displayName: 'O', members: ['inner', 'secret', 'laptop', 'robot', 'ann'] },
    { id: 'inner', displayName: 'I', members: ['ann', 'bob'] },
    { id: 'secret', displayName: 'S', visibility: 'HiddenMembership', members: ['bob'] },
  ],
};
const byId = (members: SourceMember[]) => members.toSorted((a, b) => a.id.localeCompare(b.id));

test('groups within a group are told without the people, at any depth, and which of them hide their members', async () => {
  await using pair = await startPair({
    ...seed,
    groups: [...(seed.groups ?? []), { id: 'top', displayName: 'T', members: ['outer', 'ann', 'robot'] }],
  });
  expect(byId(await pair.graph.listNestedGroups('top'))).toEqual([
    { id: 'inner', kind: 'group', hiddenMembership: false },
    { id: 'outer', kind: 'group', hiddenMembership: false },
    { id: 'secret', kind: 'group', hiddenMembership: true },
  ]);
  expect(await pair.graph.listNestedGroups('inner')).toEqual([]);
  await expect(pair.graph.listNestedGroups('nothing')).rejects.toThrow(Absent);
});

describe('direct members', () => {
  test('of every kind, service principals included, and nobody from below', async () => {
    await using pair = await startPair(seed);
    expect(byId(await pair.graph.listMembers('outer'))).toEqual([
      { id: 'ann', kind: 'user', accountEnabled: true },
      { id: 'inner', kind: 'group', hiddenMembership: false },
      { id: 'laptop', kind: 'other' },
      { id: 'robot', kind: 'servicePrincipal', accountEnabled: false },
      { id: 'secret', kind: 'group', hiddenMembership: true },
    ]);
    await expect(pair.graph.listMembers('nothing')).rejects.toThrow(Absent);
  });

  test('of a hidden group read as none without the permission, and its visibility says why', async () => {
    await using pair = await startPair(seed);
    expect(await pair.graph.listMembers('secret')).toEqual([]);
    expect((await pair.graph.getGroup('secret'))?.visibility).toBe('HiddenMembership');
    pair.local.faults.showHiddenMembership = true;
    expect((await pair.graph.listMembers('secret')).map(m => m.id)).toEqual(['bob']);
  });

  test('a nested group that we may not read counts as hidden, and nobody unreadable as disabled', async () => {
    await using pair = await startPair(seed);
    pair.local.faults.unreadableMembers = ['group', 'servicePrincipal'];
    for (const members of [
      await pair.graph.listMembers('outer'),
      await pair.graph.listTransitiveMembers('outer'),
    ]) {
      expect(members).toContainEqual({ id: 'inner', kind: 'group', hiddenMembership: true });
      expect(members).toContainEqual({ id: 'robot', kind: 'servicePrincipal' });
    }
  });

  test('that come twice across pages are there once', async () => {
    const ids = Array.from({ length: 1050 }, (_, i) => `u${i}`);
    await using pair = await startPair({
      users: usersNamed(...ids),
      groups: [{ id: 'g', displayName: 'G', members: ids }],
    });
    pair.local.faults.repeatAcrossPages = /members/i;
    expect(await pair.graph.listMembers('g')).toHaveLength(1050);
    expect(await pair.graph.listTransitiveMembers('g')).toHaveLength(1050);
  });
});

describe('the groups of a principal', () => {
  test('direct ones only, of each kind', async () => {
    await using pair = await startPair(seed);
    const { graph } = pair;
    expect(await graph.listMemberOf({ kind: 'user', id: 'bob' })).toEqual(['inner']);
    expect(await graph.listMemberOf({ kind: 'group', id: 'inner' })).toEqual(['outer']);
    expect(await graph.listMemberOf({ kind: 'servicePrincipal', id: 'robot' })).toEqual(['outer']);
    expect(await graph.listMemberOf({ kind: 'group', id: 'outer' })).toEqual([]);
    await expect(graph.listMemberOf({ kind: 'user', id: 'nobody' })).rejects.toThrow(Absent);
    // By its own kind's path: a user's id is no group's.
    await expect(graph.listMemberOf({ kind: 'group', id: 'bob' })).rejects.toThrow(Absent);
  });

  test('a check asks each kind on its own path, in batches', async () => {
    await using pair = await startPair(seed);
    const principals = [
      { kind: 'user', id: 'bob' },
      { kind: 'group', id: 'inner' },
      { kind: 'servicePrincipal', id: 'robot' },
      { kind: 'servicePrincipal', id: 'gone' },
      { kind: 'group', id: 'ann' },
    ] as const;
    expect(await pair.graph.checkMembership('outer', principals)).toEqual(
      new Map<string, boolean | 'absent'>([
        ['bob', true],
        ['inner', true],
        ['robot', true],
        ['gone', 'absent'],
        ['ann', 'absent'],
      ]),
    );
    expect(await pair.graph.checkMembership('inner', principals.slice(1, 3))).toEqual(
      new Map([
        ['inner', false],
        ['robot', false],
      ]),
    );
    expect(pair.graph.requestCount).toBe(2);
  });
});

describe('a service principal that is missing from one view only', () => {
  test('the others still show it, so no single read proves its absence', async () => {
    await using pair = await startPair(seed);
    const { graph, local } = pair;
    const robot = { kind: 'servicePrincipal', id: 'robot' } as const;
    const look = async () => ({
      get: (await graph.getServicePrincipal('robot')) !== undefined,
      list: (await graph.listServicePrincipals()).some(s => s.id === 'robot'),
      members: (await graph.listMembers('outer')).some(m => m.id === 'robot'),
      check: (await graph.checkMembership('outer', [robot])).get('robot'),
    });
    const all = { get: true, list: true, members: true, check: true };
    expect(await look()).toEqual(all);
    local.faults.hideServicePrincipals = { list: true };
    expect(await look()).toEqual({ ...all, list: false });
    local.faults.hideServicePrincipals = { members: ['robot'] };
    expect(await look()).toEqual({ ...all, members: false });
    local.faults.hideServicePrincipals = { get: ['robot'] };
    expect(await look()).toEqual({ ...all, get: false, check: 'absent' });
    local.faults.hideServicePrincipals = ['somebody else'];
    expect(await look()).toEqual(all);
    local.faults.hideServicePrincipals = true;
    expect(await look()).toEqual({ get: false, list: false, members: false, check: 'absent' });
  });
});

describe('app roles', () => {
  test('come with the application; default access is assigned but never declared', async () => {
    await using pair = await startPair({
      users: usersNamed('ann', 'bob'),
      servicePrincipals: [{ id: 'app', appRoles: [{ id: 'role-1', value: 'Admin' }, { id: 'role-2' }] }],
      assignments: [
        { principalId: 'ann', resourceId: 'app', appRoleId: 'role-1' },
        { principalId: 'ann', resourceId: 'app', appRoleId: 'role-2' },
        { principalId: 'bob', resourceId: 'app' },
      ],
    });
    expect((await pair.graph.findEnterpriseApplication('app'))?.appRoles).toEqual([
      { id: 'role-1', value: 'Admin' },
      { id: 'role-2', value: null },
    ]);
    const held = (await pair.graph.listAssignments('app')).map(a => `${a.principal.id} ${a.appRoleId}`);
    expect(new Set(held)).toEqual(
      new Set(['ann role-1', 'ann role-2', 'bob 00000000-0000-0000-0000-000000000000']),
    );
  });
});
