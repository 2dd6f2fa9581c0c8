import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldName } from '../../src/identity/names.ts';

describe('foldName', () => {
  test.each([
    ['Data Team', 'DATA TEAM'],
    ['  Data Team\t', 'data team'],
    ['Ｄａｔａ', 'data'],
    ['é', 'e\u0301'],
    ['\u00a0Data\u2003', 'data'],
    ['ﬁnance', 'FINANCE'],
    ['Älter', 'älter'],
  ])('takes %j and %j for one name', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  test.each([
    ['Zoë', 'Zoe'],
    ['a b', 'ab'],
    ['Straße', 'Strasse'],
  ])('keeps %j and %j apart', (one, other) => {
    expect(foldName(one)).not.toBe(foldName(other));
  });

  test('folding twice folds no further, and neither case of ASCII nor composition nor outer blanks matter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const folded = foldName(text);
        expect(foldName(folded)).toBe(folded);
        expect(foldName(text.normalize('NFD'))).toBe(folded);
        expect(foldName(`\n ${text} `)).toBe(folded);
        expect(foldName(text.replace(/[a-z]+/g, letters => letters.toUpperCase()))).toBe(folded);
      }),
      { numRuns: 2_000 },
    );
  });
});
