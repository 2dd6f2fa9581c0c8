import { describe, expect, test } from 'vitest';
import type { Principal } from '../../src/identity/principal.ts';
import { type HoldRequest, isOpenHold } from '../../src/state/holds.ts';
import { useStorage } from './storage.ts';

const storage = useStorage();
const data: Principal = { kind: 'group', id: 'data' };
const shrink: HoldRequest = { kind: 'large-shrink', principal: data, ids: ['u2', 'u1'], cause: 'lost many' };
/** As people pass it to `--approve`. */
const id = 'group:data|large-shrink';

describe('a hold', () => {
  test('is one row, whoever stores it again, and keeps its first time', async () => {
    const { holds } = storage.state;
    expect(await holds.hold('again', shrink, 100)).toBe(false);
    expect(await holds.hold('again', { ...shrink, ids: ['u1', 'u2'], cause: 'in other words' }, 200)).toBe(
      false,
    );
    const rows = await holds.list('again');
    expect(rows).toMatchObject([{ key: id, value: { ids: ['u1', 'u2'], heldAt: 100, cause: 'lost many' } }]);
    expect(rows[0]?.value.approvedAt).toBeUndefined();
  });

  test('that is approved lets exactly that happen', async () => {
    const { holds } = storage.state;
    await holds.hold('approve', shrink, 100);
    expect(await holds.approve('approve', id, { at: 150, by: 'ada', needed: 1 })).toMatchObject({
      ids: ['u1', 'u2'],
      approvedAt: 150,
    });
    expect(await holds.hold('approve', shrink, 200)).toBe(true);
    expect(await holds.hold('elsewhere', shrink, 200)).toBe(false);
    expect(await holds.hold('approve', { ...shrink, kind: 'hidden-membership' }, 200)).toBe(false);
  });

  test.each([
    ['one more', ['u1', 'u2', 'u3']],
    ['one less', ['u1']],
    ['another', ['u1', 'u3']],
  ])('that is approved is asked for again when it would touch %s', async (name, ids) => {
    const { holds } = storage.state;
    await holds.hold(name, shrink, 100);
    await holds.approve(name, id, { at: 150, by: 'ada', needed: 1 });
    expect(await holds.hold(name, { ...shrink, ids }, 200)).toBe(false);
    expect(await holds.list(name)).toMatchObject([{ value: { ids, heldAt: 200 } }]);
    expect((await holds.list(name))[0]?.value.approvedAt).toBeUndefined();
    // Also when it turns back to what was approved.
    expect(await holds.hold(name, shrink, 300)).toBe(false);
  });

  test('that does not exist cannot be approved', async () => {
    expect(await storage.state.holds.approve('none', id, { at: 1, by: 'ada', needed: 1 })).toBeUndefined();
    expect(await storage.state.holds.list('none')).toEqual([]);
  });

  test('that is approved names the ids that may be touched, and nothing before that', async () => {
    const { holds } = storage.state;
    await holds.hold('ids', shrink, 100);
    expect(await holds.approvedIds('ids', data, 'large-shrink')).toEqual(new Set());
    await holds.approve('ids', id, { at: 150, by: 'ada', needed: 1 });
    expect(await holds.approvedIds('ids', data, 'large-shrink')).toEqual(new Set(['u1', 'u2']));
    expect(await holds.approvedIds('ids', data, 'name-in-use')).toEqual(new Set());
    expect(await holds.approvedIds('ids', { kind: 'group', id: 'data2' }, 'large-shrink')).toEqual(new Set());
  });

  test('of an adoption names the resource', async () => {
    const { holds } = storage.state;
    await holds.hold('adopt', { kind: 'proposed-adoption', principal: data, ids: ['s-1'], cause: '' }, 1);
    await holds.hold('adopt', { ...shrink, ids: ['u1'] }, 1);
    expect(await holds.candidates('adopt', data)).toEqual(['s-1']);
    expect(await holds.candidates('adopt', { kind: 'group', id: 'dat' })).toEqual([]);
    expect(await holds.anyGroup('adopt', 'large-shrink')).toBe(true);
    expect(await holds.anyGroup('adopt', 'name-in-use')).toBe(false);
  });

  test('that is no longer wanted is withdrawn, with its approval; others stay', async () => {
    const { holds } = storage.state;
    const other: HoldRequest = { ...shrink, principal: { kind: 'group', id: 'data2' } };
    for (const request of [shrink, { ...shrink, kind: 'name-in-use' as const }, other])
      await holds.hold('out', request, 1);
    await holds.approve('out', id, { at: 2, by: 'ada', needed: 1 });
    await holds.withdraw('out', data, ['name-in-use']);
    expect((await holds.list('out')).map(({ key }) => key)).toEqual([
      'group:data2|large-shrink',
      'group:data|name-in-use',
    ]);
    expect(await holds.hold('out', shrink, 3)).toBe(false);
  });
});

describe('a hold that two people have to approve', () => {
  const held: HoldRequest = { kind: 'large-shrink', principal: data, ids: ['u1'], cause: 'it shrank' };
  const by = (name: string, at = 2) => ({ at, by: name, needed: 2 });

  test('is approved by the second one, and not by the first one twice', async () => {
    const { holds } = storage.state;
    await holds.hold('two', held, 1);
    expect(await holds.approve('two', id, by('ada'))).toMatchObject({ approvedAt: undefined });
    expect(await holds.approve('two', id, by('ada', 3))).toMatchObject({ approvedAt: undefined });
    expect(await holds.hold('two', held, 4)).toBe(false);
    expect(await holds.approve('two', id, by('bob', 5))).toMatchObject({ approvedAt: 5 });
    expect(await holds.hold('two', held, 6)).toBe(true);
  });

  test('needs both again when its facts change, or one of them rejects it', async () => {
    const { holds } = storage.state;
    await holds.hold('rejected', held, 1);
    await holds.approve('rejected', id, by('ada'));
    await holds.reject('rejected', id, { at: 3, by: 'bob' });
    expect(await holds.approve('rejected', id, by('bob', 4))).toMatchObject({
      approvedAt: undefined,
      rejectedAt: undefined,
    });
    await holds.hold('rejected', { ...held, ids: ['u1', 'u2'] }, 5);
    expect(await holds.approve('rejected', id, by('ada', 6))).toMatchObject({ approvedAt: undefined });
  });
});

describe('a hold that nobody decides about', () => {
  const held: HoldRequest = { kind: 'large-shrink', principal: data, ids: ['u1'], cause: 'it shrank' };
  const who = { at: 60, by: 'ada', needed: 1 };

  test('expires once, is no longer open, and can be approved all the same', async () => {
    const { holds } = storage.state;
    await holds.hold('old', held, 10);
    expect(await holds.expire('old', 10, 50)).toEqual([]);
    expect(await holds.expire('old', 11, 50)).toMatchObject([{ kind: 'large-shrink' }]);
    expect(await holds.expire('old', 11, 51)).toEqual([]);
    expect((await holds.list('old')).map(({ value }) => isOpenHold(value))).toEqual([false]);
    expect(await holds.hold('old', held, 55)).toBe(false);
    expect(await holds.approve('old', id, who)).toMatchObject({ approvedAt: 60, expiredAt: undefined });
  });

  test('does not expire when it was approved or rejected', async () => {
    const { holds } = storage.state;
    await holds.hold('yes', held, 10);
    await holds.approve('yes', id, who);
    await holds.hold('no', held, 10);
    await holds.reject('no', id, who);
    for (const target of ['yes', 'no']) expect(await holds.expire(target, 100, 101)).toEqual([]);
  });
});
