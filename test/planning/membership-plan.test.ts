import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isLargeShrink,
  isReplaced,
  type MemberPatch,
  type Members,
  memberPatches,
  membershipDifference,
  type RecordFacts,
} from '../../src/planning/membership-plan.ts';

const entraId = fc.constantFrom(
  ...Array.from({ length: 12 }, (_, index) => `e${index}`),
  'constructor',
  'toString',
);
const scimIdOf = (id: string): string => `s-${id}`;
const someIds = fc.uniqueArray(entraId);
const members = (ids: readonly string[]): Members => Object.fromEntries(ids.map(id => [id, scimIdOf(id)]));

/** A record in any state that a crash may leave behind, and what of its open intent reached the target. */
const situation = fc.record({
  wanted: someIds,
  acknowledged: someIds,
  intentAdd: someIds,
  intentRemove: someIds,
  uncertain: someIds,
  foreign: fc.uniqueArray(fc.constantFrom('f1', 'f2', 's-foreign')),
  arrived: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
});

interface Drawn {
  wanted: string[];
  acknowledged: string[];
  intentAdd: string[];
  intentRemove: string[];
  uncertain: string[];
  foreign: string[];
  arrived: boolean[];
}

/** The record that our code would have stored, and the members that the target then may hold. */
function unfold(drawn: Drawn): { wanted: Members; record: RecordFacts; target: Set<string> } {
  const intentAdd = drawn.intentAdd.filter(id => !drawn.intentRemove.includes(id));
  const intent = { add: members(intentAdd), remove: members(drawn.intentRemove) };
  const target = new Set([...drawn.foreign, ...drawn.acknowledged.map(scimIdOf)]);
  let next = 0;
  for (const id of intentAdd) if (drawn.arrived[next++]) target.add(scimIdOf(id));
  for (const id of drawn.intentRemove) if (drawn.arrived[next++]) target.delete(scimIdOf(id));
  // What an audit saw missing is missing.
  for (const id of drawn.uncertain) target.delete(scimIdOf(id));
  return {
    wanted: members(drawn.wanted),
    record: { members: members(drawn.acknowledged), intent, uncertain: drawn.uncertain },
    target,
  };
}

function apply(target: Set<string>, { add, remove }: MemberPatch): void {
  for (const id of Object.values(remove)) target.delete(id);
  for (const id of Object.values(add)) target.add(id);
}

describe('membershipDifference', () => {
  test('leads to what is wanted from whatever record and half-done intent, and leaves foreign members alone', () => {
    fc.assert(
      fc.property(situation, drawn => {
        const { wanted, record, target } = unfold(drawn);
        apply(target, membershipDifference(wanted, record));
        expect([...target].sort()).toEqual([...new Set([...drawn.foreign, ...Object.values(wanted)])].sort());
      }),
      { numRuns: 500 },
    );
  });

  test('removes only what we wrote, or were about to write', () => {
    fc.assert(
      fc.property(situation, drawn => {
        const { wanted, record } = unfold(drawn);
        const ours = { ...record.members, ...record.intent?.add, ...record.intent?.remove };
        for (const [id, scimId] of Object.entries(membershipDifference(wanted, record).remove)) {
          expect(Object.hasOwn(wanted, id)).toBe(false);
          expect(ours[id]).toBe(scimId);
        }
      }),
    );
  });

  test('writes everyone again of whom it is not sure, and nobody else', () => {
    fc.assert(
      fc.property(situation, drawn => {
        const { wanted, record } = unfold(drawn);
        const unsure = [
          ...record.uncertain,
          ...Object.keys(record.intent?.add ?? {}),
          ...Object.keys(record.intent?.remove ?? {}),
        ];
        const expected = Object.keys(wanted).filter(
          id => unsure.includes(id) || !drawn.acknowledged.includes(id),
        );
        expect(Object.keys(membershipDifference(wanted, record).add).sort()).toEqual(expected.sort());
      }),
    );
  });

  test('adds a person again under the id of a new resource, and takes the earlier one out', () => {
    const record = { members: { e1: 's1', e2: 's2' }, uncertain: [] };
    expect(membershipDifference({ e1: 's9', e2: 's2' }, record)).toEqual({
      add: { e1: 's9' },
      remove: {},
      replaced: { 'e1#s1': 's1' },
    });
  });

  test('takes out an earlier account of which a write is in doubt, and loses nobody by it', () => {
    const intent = { add: {}, remove: { 'e1#s1': 's1' } };
    const before = { members: { e1: 's9' }, intent, uncertain: [] };
    expect(membershipDifference({ e1: 's9' }, before)).toEqual({
      add: {},
      remove: {},
      replaced: { 'e1#s1': 's1' },
    });
    // He may have come back to it.
    expect(membershipDifference({ e1: 's1' }, before)).toEqual({
      add: { e1: 's1' },
      remove: {},
      replaced: { 'e1#s9': 's9' },
    });
  });

  test('replaces nothing for whoever is new, or has what he had', () => {
    const { replaced } = membershipDifference(
      { e1: 's1', e2: 's2' },
      { members: { e1: 's1' }, uncertain: [] },
    );
    expect(replaced).toStrictEqual({});
  });
});

test('the key of an earlier account is told from the id of a member', () => {
  const { replaced } = membershipDifference({ e1: 's9' }, { members: { e1: 's1' }, uncertain: [] });
  expect(Object.keys(replaced).map(isReplaced)).toEqual([true]);
  expect(isReplaced('e1')).toBe(false);
});

describe('memberPatches', () => {
  const limits = fc.record({
    maxAdds: fc.integer({ min: 1, max: 7 }),
    maxOperations: fc.integer({ min: 1, max: 7 }),
  });
  const difference = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }))
    .map(([adds, removes]) => ({
      add: members(Array.from({ length: adds }, (_, index) => `a${index}`)),
      remove: members(Array.from({ length: removes }, (_, index) => `r${index}`)),
    }));

  test('hold every add and every removal exactly once, and nothing else', () => {
    fc.assert(
      fc.property(difference, limits, (given, bounds) => {
        const patches = memberPatches(given, bounds);
        const all = (side: 'add' | 'remove') => patches.flatMap(patch => Object.entries(patch[side]));
        expect(all('add')).toEqual(Object.entries(given.add));
        expect(all('remove')).toEqual(Object.entries(given.remove));
      }),
    );
  });

  test('keep within the bounds, and none is empty', () => {
    fc.assert(
      fc.property(difference, limits, (given, bounds) => {
        for (const { add, remove } of memberPatches(given, bounds)) {
          const adds = Object.keys(add).length;
          const operations = Object.keys(remove).length + (adds > 0 ? 1 : 0);
          expect(adds).toBeLessThanOrEqual(bounds.maxAdds);
          expect(operations).toBeLessThanOrEqual(bounds.maxOperations);
          expect(operations).toBeGreaterThan(0);
        }
      }),
    );
  });

  test('let no removal wait for an add', () => {
    fc.assert(
      fc.property(difference, limits, (given, bounds) => {
        const patches = memberPatches(given, bounds);
        const lastRemoval = patches.findLastIndex(({ remove }) => Object.keys(remove).length > 0);
        expect(
          patches.slice(0, Math.max(lastRemoval, 0)).every(({ add }) => Object.keys(add).length === 0),
        ).toBe(true);
      }),
    );
  });
});

describe('isLargeShrink', () => {
  test.each([
    [10, 11, false],
    [11, 11, true],
    [11, 54, true],
    [11, 55, false],
    [200, 1_000, false],
    [201, 1_000, true],
    [0, 0, false],
    [11, 0, true],
  ])('%i of %i: %s', (removals, recorded, large) => {
    expect(isLargeShrink(removals, recorded, { members: 10, percent: 20 })).toBe(large);
  });
});
