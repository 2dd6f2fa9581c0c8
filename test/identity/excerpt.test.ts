import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { excerptOf } from '../../src/identity/excerpt.ts';

const letters = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const email = fc
  .tuple(letters(`${LOWER}0123456789.+_-`, 1, 20), letters(LOWER, 2, 12))
  .map(([name, domain]) => `${name}@${domain}.com`);
const secret = fc.oneof(
  letters('0123456789abcdef', 32, 36).map(hex => `dapi${hex}`),
  letters(`${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-`, 20, 60).map(part => `eyJ${part}.${part}.${part}`),
  letters(`${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789~._-`, 24, 40).map(value => `~${value}`),
);
/** A name as it stands in sentences: quoted, or not. */
const person = fc.constantFrom(
  'Ada Lovelace',
  "Conor O'Brien",
  'José Núñez',
  '李小龍',
  'grace hopper',
  'von Neumann',
);
const quoted = fc
  .tuple(person, fc.constantFrom("''", '""', '``', '“”', '‘’', '«»', '„“'))
  .map(([name, marks]) => `${marks[0]}${name}${marks[1]}`);
const sentence = fc.constantFrom(
  (x: string) => `User with username ${x} already exists in this account.`,
  (x: string) => `Invalid value (${x}) for attribute userName: ${x}`,
  (x: string) => `{"detail":"${x}","status":"400"}`,
  (x: string) => `authorization=${x}; token=${x}, name=${x}`,
  (x: string) => `${x}`,
  (x: string) => `Could not be processed:${x}.${x}`,
  (x: string) => `https://host.example/scim/v2/Users?filter=userName eq "${x}"`,
);

describe('an excerpt', () => {
  test('never holds an e-mail address, a secret or a name', () => {
    fc.assert(
      fc.property(sentence, fc.oneof(email, secret, quoted, person), (put, planted) => {
        const told = excerptOf(put(planted));
        expect(told).not.toContain(planted);
        expect(told).not.toContain('@');
        // `name` of `name@…` stands in "username" as well.
        const frame = put('').toLowerCase();
        const parts = planted.toLowerCase().split(/[^\p{L}\p{N}]+/u);
        for (const part of parts.filter(word => word.length > 3 && !frame.includes(word)))
          expect(told.toLowerCase()).not.toContain(part);
      }),
      { numRuns: 1_000 },
    );
  });

  test('of anything at all holds no word that is not on the list, and is no longer than 300 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 2_000 }), text => {
        const told = excerptOf(text);
        expect(told.length).toBeLessThanOrEqual(300);
        expect(told).not.toMatch(/[\p{Cc}@]/u);
        expect(excerptOf(`zzyzx${text.replaceAll(/\s/gu, '')}`)).not.toContain('zzyzx');
      }),
    );
  });

  test('of one endless word is short as well', () => {
    for (const unit of ['a-', 'A_', 'not!', 'a!', 'Users.', '1', ')', 'a '])
      expect(excerptOf(unit.repeat(3_000)).length).toBeLessThanOrEqual(300);
    expect(excerptOf(`value${'!'.repeat(500)}`).length).toBeLessThanOrEqual(300);
  });

  test('of a long text is made in time that grows with its length alone', () => {
    // Of the processor: on a busy machine the clock says nothing about it.
    const started = process.cpuUsage();
    for (const unit of ["'", '"', '`', 'a ', "'a", '.-', '((((', '_A', ')', ')!', '!x'])
      excerptOf(unit.repeat(200_000));
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(2_000);
  });

  test.each([
    [
      "Attribute 'userName' is required and cannot be empty.",
      'Attribute userName is required and cannot be empty.',
    ],
    ['User with username ada@contoso.com already exists', 'User with username … already exists'],
    [`Group with name "Sales Users" already exists.`, 'Group with name … already exists.'],
    [
      'Resource 4103582394820294 not found: INVALID_PARAMETER_VALUE',
      'Resource 4103582394820294 not found: INVALID_PARAMETER_VALUE',
    ],
    [
      'Member 8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10 is unknown',
      'Member 8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10 is unknown',
    ],
    ['call +41791234567 or 0791234567', 'call … or …'],
    [
      'name.familyName exceeds the maximum length of 256',
      'name.familyName exceeds the maximum length of 256',
    ],
    ['', ''],
  ])('%s', (text, told) => {
    expect(excerptOf(text)).toBe(told);
  });
});
