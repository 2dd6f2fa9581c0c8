import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withSuffix } from '../../src/planning/name-suffix.ts';

const ID = '01234567-89ab-cdef-0123-456789abcdef';

test('a suffix is the beginning of the object id, and the name gives way to it where both are too long', () => {
  expect(withSuffix('Data', ID, 100)).toBe('Data (01234567)');
  expect(withSuffix('Data', ID, 15)).toBe('Data (01234567)');
  expect(withSuffix('Data', ID, 14)).toBe('Dat (01234567)');
});

test('no name with a suffix is longer than names may be, and two groups of one name get two', () => {
  fc.assert(
    fc.property(fc.string({ size: 'large' }), fc.integer({ min: 11, max: 300 }), (name, length) => {
      const [one, two] = [withSuffix(name, ID, length), withSuffix(name, `f${ID}`, length)];
      expect(one.length).toBe(Math.min(name.length + 11, length));
      expect(one).not.toBe(two);
    }),
  );
});
