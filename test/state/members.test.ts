import { describe, expect, test } from 'vitest';
import { VersionConflict } from '../../src/state/row-store.ts';
import { useStorage } from './storage.ts';

const storage = useStorage();
const many = Array.from({ length: 230 }, (_, index) => `u${String(index).padStart(3, '0')}`);

describe('the index of members', () => {
  test('leads from a user to his groups, in one target', async () => {
    const { memberIndex } = storage.state;
    await memberIndex.addMembers('t', 'g1', ['u1', 'u2']);
    await memberIndex.addMembers('t', 'g2', ['u1', 'u1']);
    await memberIndex.addMembers('other', 'g3', ['u1']);
    expect(await memberIndex.groupsOf('t', 'u1')).toEqual(['g1', 'g2']);
    // Ids are compared as a whole, not by how they begin.
    expect(await memberIndex.groupsOf('t', 'u')).toEqual([]);
    await memberIndex.removeMembers('t', 'g1', ['u1', 'never-there']);
    expect(await memberIndex.groupsOf('t', 'u1')).toEqual(['g2']);
    expect(await memberIndex.groupsOf('t', 'u2')).toEqual(['g1']);
  });

  test('takes more than a storage transaction holds', async () => {
    const { memberIndex } = storage.state;
    await memberIndex.addPending('bulk', 'g', many);
    expect(await memberIndex.pendingOf('bulk', 'g')).toEqual(many);
    await memberIndex.removePending('bulk', 'g', many.slice(0, 229));
    expect(await memberIndex.pendingOf('bulk', 'g')).toEqual(['u229']);
  });

  test('knows who waits for whom', async () => {
    const { memberIndex } = storage.state;
    await memberIndex.addWanted('wait', 'g1', ['u1', 'u2']);
    await memberIndex.addPending('wait', 'g1', ['u1', 'u2']);
    await memberIndex.addWanted('wait', 'g2', ['u1']);
    await memberIndex.addPending('wait', 'g2', ['u1']);
    expect(await memberIndex.groupsWaitingFor('wait', 'u1')).toEqual(['g1', 'g2']);
    expect(await memberIndex.isAwaited('wait', 'u1')).toBe(true);
    expect(await memberIndex.isAwaited('wait', 'u3')).toBe(false);
    expect(await memberIndex.awaitsOthers('wait', 'g1', 'u1')).toBe(true);
    expect(await memberIndex.awaitsOthers('wait', 'g2', 'u1')).toBe(false);
    await memberIndex.removePending('wait', 'g1', ['u1']);
    expect(await memberIndex.groupsWaitingFor('wait', 'u1')).toEqual(['g2']);
    expect(await memberIndex.awaitsOthers('wait', 'g1', 'u2')).toBe(false);
  });

  test('waits for nobody who is disabled, and finds him again once he is enabled', async () => {
    const { memberIndex } = storage.state;
    await memberIndex.addAsleep('sleep', 'g', ['u1', 'u2']);
    expect(await memberIndex.pendingOf('sleep', 'g')).toEqual([]);
    expect([...(await memberIndex.asleepIn('sleep', 'g')).keys()]).toEqual(['u1', 'u2']);
    expect(await memberIndex.groupsWaitingFor('sleep', 'u1')).toEqual(['g']);
    // Enabled, and linked by a look of his own: out of every list.
    await memberIndex.removePending('sleep', 'g', ['u1']);
    expect([...(await memberIndex.asleepIn('sleep', 'g')).keys()]).toEqual(['u2']);
    expect(await memberIndex.isAwaited('sleep', 'u1')).toBe(false);
  });

  test('waits no longer for somebody who is held, in none of his groups', async () => {
    const { memberIndex } = storage.state;
    await memberIndex.addWanted('held', 'g1', ['u1', 'u2']);
    await memberIndex.addPending('held', 'g1', ['u1', 'u2']);
    await memberIndex.addWanted('held', 'g2', ['u1']);
    await memberIndex.addPending('held', 'g2', ['u1']);
    await memberIndex.sleepEverywhere('held', 'u1');
    expect(await memberIndex.awaitsOthers('held', 'g1', 'u2')).toBe(false);
    expect(await memberIndex.pendingOf('held', 'g2')).toEqual([]);
    expect(await memberIndex.isAwaited('held', 'u1')).toBe(true);
  });
});

describe('the record of a group', () => {
  test('is empty before it is stored', async () => {
    expect(await storage.state.records.read('t', 'none')).toEqual({
      value: { members: {}, uncertain: [], kinds: {}, nested: [], removed: {}, grantSeen: {} },
      etag: undefined,
    });
  });

  test('is written only by who read its last version', async () => {
    const { records } = storage.state;
    const empty = await records.read('t', 'g');
    const first = await records.write('t', 'g', empty, { ...empty.value, members: { u1: 's1' } });
    await expect(records.write('t', 'g', empty, empty.value)).rejects.toThrow(VersionConflict);
    const second = await records.write('t', 'g', first, { ...first.value, members: { u1: 's1', u2: 's2' } });
    await expect(records.write('t', 'g', first, first.value)).rejects.toThrow(VersionConflict);
    expect(await records.read('t', 'g')).toEqual(second);
  });

  test.each(['a/b', '../x', "o'brien", '100% ü', 'a?b#c'])(
    'is kept apart under the odd names %j',
    async odd => {
      const { records } = storage.state;
      const empty = await records.read(odd, odd);
      expect(empty.etag).toBeUndefined();
      await records.write(odd, odd, empty, { ...empty.value, members: { [odd]: odd } });
      expect((await records.read(odd, odd)).value.members).toEqual({ [odd]: odd });
    },
  );
});
