import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byClaim, type Claimant } from '../../src/planning/name-precedence.ts';

const group = (id: string, createdDateTime: string | null): Claimant => ({ id, createdDateTime });

/** The better claim first. */
const inOrder: Claimant[] = [
  group('9', '2020-01-01T00:00:00Z'),
  group('2', '2020-01-01T00:00:00.5Z'),
  group('3', '2020-01-01T00:00:00.500Z'),
  group('1', '2024-01-01T00:00:00Z'),
  // Of unknown age.
  group('0', null),
  group('5', 'no date'),
  group('6', null),
];

test('of groups of one name the older, then the smaller id comes first, in whatever order they are found', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(inOrder, { minLength: 2 }), found => {
      expect(found.toSorted(byClaim)).toEqual(inOrder.filter(claimant => found.includes(claimant)));
    }),
  );
});
