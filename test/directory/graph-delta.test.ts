import { describe, expect, test } from 'vitest';
import { CursorLost } from '../../src/directory/errors.ts';
import { GraphDirectory } from '../../src/directory/graph-directory.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { credential, startPair, usersNamed } from './graph.ts';

describe('delta', () => {
  test('users: what changed since, nothing before', async () => {
    await using pair = await startPair({ users: usersNamed('ann', 'bob', 'eve') });
    const { graph, local } = pair;
    const link = await graph.startDelta('user');
    local.store.update('ann', { accountEnabled: false });
    local.store.delete('bob');
    local.store.delete('eve');
    local.store.purge('eve');
    const round = await graph.readDelta(link);
    const none = { addedMembers: [], removedMembers: [] };
    expect(round.changes).toEqual([
      { kind: 'user', id: 'ann', accountEnabled: false, userPrincipalName: 'ann@contoso.com', ...none },
      { kind: 'user', id: 'bob', removed: 'changed', ...none },
      { kind: 'user', id: 'eve', removed: 'deleted', ...none },
    ]);
    expect((await graph.readDelta(round.deltaLink)).changes).toEqual([]);
  });

  test('groups: a large change of members over several pages is one change', async () => {
    const ids = Array.from({ length: 350 }, (_, i) => `u${i}`);
    await using pair = await startPair({
      users: usersNamed('gone', ...ids),
      groups: [
        { id: 'big', displayName: 'B', members: ['gone'] },
        { id: 'child', displayName: 'C' },
      ],
    });
    const { graph, local } = pair;
    const link = await graph.startDelta('group');
    for (const id of ids) local.store.addMember('big', id);
    local.store.removeMember('big', 'gone');
    local.store.addMember('big', 'child');
    for (let i = 0; i < 120; i++) local.store.addGroup({ displayName: `other ${i}` });
    const big = (await graph.readDelta(link)).changes.filter(c => c.id === 'big');
    expect(big).toHaveLength(1);
    expect(big[0]?.addedMembers).toHaveLength(351);
    expect(big[0]?.addedMembers).toContainEqual({ id: 'child', kind: 'group' });
    expect(big[0]?.removedMembers).toEqual([{ id: 'gone', kind: 'user' }]);
  });

  test('service principals: what changed, went and came, and whether they are enabled', async () => {
    await using pair = await startPair({
      servicePrincipals: ['app', 'robot', 'bin', 'gone', 'same'].map(id => ({ id })),
    });
    const { graph, local } = pair;
    const link = await graph.startDelta('servicePrincipal');
    local.store.update('robot', { accountEnabled: false });
    local.store.update('same', { homepage: 'https://not.selected' });
    local.store.delete('bin');
    local.store.delete('gone');
    local.store.purge('gone');
    local.store.addServicePrincipal({ id: 'new' });
    const round = await graph.readDelta(link);
    const none = { kind: 'servicePrincipal', addedMembers: [], removedMembers: [] };
    expect(round.changes).toEqual([
      { ...none, id: 'robot', accountEnabled: false },
      { ...none, id: 'bin', removed: 'changed' },
      { ...none, id: 'gone', removed: 'deleted' },
      { ...none, id: 'new', accountEnabled: true },
    ]);
    local.store.restore('bin');
    const back = await graph.readDelta(round.deltaLink);
    expect(back.changes).toEqual([{ ...none, id: 'bin', accountEnabled: true }]);
  });

  test('a change of a selected property is reported, of any other it is not', async () => {
    const extension = `extension_${'0a'.repeat(16)}_costCenter`;
    await using pair = await startPair(
      { users: usersNamed('ann', 'bob', 'eve'), extensionProperties: [extension] },
      { select: { user: ['department', 'onPremisesExtensionAttributes', extension] } },
    );
    const { graph, local } = pair;
    let link = await graph.startDelta('user');
    const changed = async () => {
      const round = await graph.readDelta(link);
      link = round.deltaLink;
      return round.changes.map(c => c.id);
    };
    local.store.update('ann', { department: 'R&D' });
    local.store.update('bob', { jobTitle: 'Fitter' });
    expect(await changed()).toEqual(['ann']);
    local.store.update('bob', { onPremisesExtensionAttributes: { extensionAttribute3: 'x' } });
    local.store.update('eve', { [extension]: '42' });
    local.store.update('ann', { userType: 'Guest' });
    expect(await changed()).toEqual(['bob', 'eve', 'ann']);
    // Nothing new: the value is the one it has.
    local.store.update('bob', { onPremisesExtensionAttributes: { extensionAttribute3: 'x' } });
    expect(await changed()).toEqual([]);
  });

  test('a cursor goes on with the selection it was started with', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    const link = await pair.graph.startDelta('user');
    const wider = new GraphDirectory({
      baseUrl: pair.local.url,
      credential,
      select: { user: ['department'] },
    });
    const own = await wider.startDelta('user');
    pair.local.store.update('ann', { department: 'R&D' });
    expect((await wider.readDelta(link)).changes).toEqual([]);
    expect((await wider.readDelta(own)).changes).toHaveLength(1);
  });

  test('a group that becomes another type is a change', async () => {
    await using pair = await startPair({ groups: [{ id: 'g', displayName: 'G' }] });
    const link = await pair.graph.startDelta('group');
    pair.local.store.update('g', { mailEnabled: true, groupTypes: ['Unified'] });
    expect((await pair.graph.readDelta(link)).changes.map(c => c.id)).toEqual(['g']);
  });

  test('what comes twice across pages is one change', async () => {
    await using pair = await startPair();
    const link = await pair.graph.startDelta('servicePrincipal');
    for (let i = 0; i < 250; i++) pair.local.store.addServicePrincipal({ id: `s${i}` });
    pair.local.faults.repeatAcrossPages = true;
    expect((await pair.graph.readDelta(link)).changes).toHaveLength(250);
  });

  test('a lost cursor is named as such, whatever the status and the case of the code', async () => {
    await using pair = await startPair();
    const { graph, local } = pair;
    for (const [status, code] of [
      [410, 'anything'],
      [400, 'SyncStateNotFound'],
      [404, 'resyncRequired'],
      [403, 'syncStateInvalid'],
    ] as const) {
      const link = await graph.startDelta('user');
      local.faults.expireDeltaTokens({ status, code });
      await expect(graph.readDelta(link)).rejects.toThrow(CursorLost);
    }
  });

  test('a failing page loses nothing: the old cursor gives everything again', async () => {
    await using pair = await startPair();
    const { graph, local } = pair;
    const link = await graph.startDelta('group');
    for (let i = 0; i < 150; i++) local.store.addGroup({ id: `g${i}`, displayName: 'G' });
    local.faults.fail = [{ path: /skiptoken/, status: 500, times: 1 }];
    await expect(graph.readDelta(link)).rejects.toThrow(RetryLater);
    expect((await graph.readDelta(link)).changes).toHaveLength(150);
  });

  test('a stored link that is none is refused without a request', async () => {
    await using pair = await startPair();
    await expect(pair.graph.readDelta(`${pair.local.url}/v1.0/users`)).rejects.toThrow(Permanent);
    expect(pair.graph.requestCount).toBe(0);
  });
});
