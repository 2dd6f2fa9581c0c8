import { describe, expect, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import { useStorage } from './storage.ts';

const storage = useStorage();
const mia: Principal = { kind: 'user', id: 'mia' };

describe('a cursor', () => {
  test('is moved by one of two readers', async () => {
    const { cursors } = storage.state;
    expect(await cursors.read('user')).toBeUndefined();
    await cursors.restart('user', { deltaLink: 'link-1', savedAt: 1 });
    const from = await cursors.read('user');
    if (from === undefined) throw new Error('no cursor');
    expect(await cursors.advance('user', from, { deltaLink: 'link-2', savedAt: 2 })).toBe(true);
    expect(await cursors.advance('user', from, { deltaLink: 'link-x', savedAt: 3 })).toBe(false);
    expect((await cursors.read('user'))?.value).toEqual({ deltaLink: 'link-2', savedAt: 2 });
    expect(await cursors.read('group')).toBeUndefined();
  });

  test('that was restarted fences whoever reads on from before', async () => {
    const { cursors } = storage.state;
    await cursors.restart('group', { deltaLink: 'old', savedAt: 1 });
    const from = await cursors.read('group');
    await cursors.restart('group', { deltaLink: 'new', savedAt: 2 });
    expect(from && (await cursors.advance('group', from, { deltaLink: 'older', savedAt: 3 }))).toBe(false);
    expect((await cursors.read('group'))?.value.deltaLink).toBe('new');
  });
});

test('assignments: ended ones are kept and do not count', async () => {
  const { assignments } = storage.state;
  const group: Principal = { kind: 'group', id: 'g' };
  const odd = { id: 'a/b+c==', principal: group, phase: 'new' as const };
  await assignments.put(odd);
  await assignments.put({ id: '2', principal: group, phase: 'ended' });
  await assignments.put({ id: '3', principal: mia, phase: 'ended' });
  expect((await assignments.all()).length).toBe(3);
  expect(await assignments.assignedGroups()).toEqual(['g']);
  expect(await assignments.has(group)).toBe(true);
  expect(await assignments.has(mia)).toBe(false);
  expect(await assignments.has({ kind: 'user', id: 'mi' })).toBe(false);
  await assignments.put({ ...odd, phase: 'current' });
  await assignments.remove(odd);
  expect((await assignments.all()).map(({ id }) => id)).toEqual(['2', '3']);
  expect(await assignments.has(group)).toBe(false);
});

test('evidence of a removal is gone once the principal was seen alive', async () => {
  const { removals } = storage.state;
  await removals.note(mia, 5);
  expect(await removals.seenAt(mia)).toBe(5);
  await removals.clear(mia);
  await removals.clear(mia);
  expect(await removals.seenAt(mia)).toBeUndefined();
});

test('nesting is remembered from below, for each target by itself', async () => {
  const { nesting } = storage.state;
  await nesting.remember('account', 'top', ['a', 'b'], 1);
  await nesting.remember('account', 'other', ['a'], 1);
  await nesting.remember('workspace', 'top', ['a'], 1);
  expect(await nesting.ancestorsOf('account', 'a')).toEqual(['other', 'top']);
  await nesting.forget('account', 'top', ['a', 'never']);
  expect(await nesting.ancestorsOf('account', 'a')).toEqual(['other']);
  expect(await nesting.ancestorsOf('account', 'b')).toEqual(['top']);
  expect(await nesting.ancestorsOf('workspace', 'a')).toEqual(['top']);
  expect(await nesting.ancestorsOf('workspace', 'b')).toEqual([]);
});
