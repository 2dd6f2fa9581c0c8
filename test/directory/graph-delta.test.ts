import { describe, expect, test } from 'vitest';
import { CursorLost } from '../../src/directory/errors.ts';
import { Permanent, RetryLater } from '../../src/identity/errors.ts';
import { startPair, usersNamed } from './graph.ts';

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
      { kind: 'user', id: 'ann', accountEnabled: false, ...none },
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
