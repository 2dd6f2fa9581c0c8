import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileIsMatch } from '../../../src/mapping/dotnet-pattern/pattern.ts';
import { PatternProblem } from '../../../src/mapping/dotnet-pattern/scanner.ts';

describe('a pattern means what it means in .NET', () => {
  test.each([
    // Anywhere in the text, as Regex.IsMatch.
    ['ale', 'Sales', true],
    ['^ale', 'Sales', false],
    ['(Sales|Marketing) (EMEA|APAC)', 'Marketing APAC 2', true],
    ['a{2,3}', 'caat', true],
    ['a{2,3}', 'cat', false],
    ['a{,3}', 'a{,3}', true],
    ['[^0-9]+?x', '12x', false],
    // Classes of every alphabet, where RE2 knows ASCII.
    [String.raw`^\w+$`, 'Müller', true],
    [String.raw`^\w+$`, 'Μιχάλης_3', true],
    [String.raw`^\w+$`, 'O’Brien', false],
    [String.raw`^\W$`, 'ü', false],
    [String.raw`^\d+$`, '٣٤', true],
    [String.raw`^\D$`, '٣', false],
    [String.raw`^a\sb$`, 'a\u00a0b', true],
    [String.raw`^a\Sb$`, 'a\u2003b', false],
    [String.raw`^[\w.-]+$`, 'zoë.müller-x', true],
    [String.raw`^[^\W_]+$`, 'Zoë1', true],
    [String.raw`^[^\W_]+$`, 'Zoë_1', false],
    [String.raw`^[\s\S]$`, '\n', true],
    [String.raw`^[\D]$`, '٣', false],
    // The end is the end, or before the last line feed.
    ['Sales$', 'Sales\n', true],
    ['Sales$', 'Sales\n\n', false],
    [String.raw`Sales\Z`, 'Sales\n', true],
    [String.raw`Sales\z`, 'Sales\n', false],
    [String.raw`\ASales`, 'x\nSales', false],
    ['^Sales$', 'x\nSales\ny', false],
    ['^(?:Sales$|Marketing$)', 'Marketing\n', true],
    ['^(?:(Sales)$)?', 'Sales\n', true],
    ['(?m)^Sales$', 'x\nSales\ny', true],
    [String.raw`(?m)^Sales$\n^$`, 'Sales\n', true],
    [String.raw`(?m)^Sales\Z`, 'Sales\ny', false],
    ['(?im)^sales$', 'x\nSales\ny', true],
    ['a.b', 'a\nb', false],
    ['(?s)a.b', 'a\nb', true],
    ['x(?i:sales)', 'xSALES', true],
    ['x(?i:sales)', 'XSALES', false],
    ['(?i)sales(?-i)X', 'SALESx', false],
    // A bracket inside a class is a bracket.
    ['^[[:alpha:]]$', 'a]', true],
    ['^[[:alpha:]]$', 'b', false],
    ['^[]a]$', ']', true],
    ['^[^]a]$', ']', false],
    // Of a class whose first member is ], the rest is inside as well.
    ['^[]$]$', '$', true],
    ['^[^]$]$', '$', false],
    [String.raw`[\b]`, 'a\bc', true],
    // Groups may be named; what they caught is not asked for.
    ['^(?<dept>Sales)-(?<region>EMEA)$', 'Sales-EMEA', true],
    ["^(?'dept'Sales)$", 'Sales', true],
    // Escapes.
    [String.raw`^\u00e9\x41\t\.$`, 'éA\t.', true],
    [String.raw`^\e$`, '\u001b', true],
    [String.raw`^\p{Lu}\P{Lu}+$`, 'Sales', true],
    [String.raw`^[\p{Lu}\-\]]+$`, 'S-]', true],
    [String.raw`^a\+b\$$`, 'a+b$', true],
  ])('%s about %j: %s', (pattern, text, expected) => {
    expect(compileIsMatch(pattern)(text)).toBe(expected);
  });

  test('a text of any length is searched, and a pattern keeps no state between texts', () => {
    const matches = compileIsMatch('(?i)needle');
    expect([matches('NEEDLE'), matches('x'), matches(`${'x'.repeat(100_000)}needle`)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

test.each(['w', 's', 'd'])('inside a class, too, what is not \\%s is everything else', letter => {
  const inside = compileIsMatch(`^[\\${letter}]$`);
  const outside = compileIsMatch(`^[\\${letter.toUpperCase()}]$`);
  const both: string[] = [];
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    // Half of a pair is no character.
    if (character.isWellFormed() && inside(character) === outside(character)) both.push(code.toString(16));
  }
  expect(both).toEqual([]);
});

test.each([
  ['Sales$\\n', 7],
  ['(?:Sales$|x)y', 13],
  ['(?:Sales$){2}', 11],
  [String.raw`Sales\Z$`, 8],
  [String.raw`$\z`, 2],
])('refused, since what follows an end could not be decided: %s', (pattern, character) => {
  expect(() => compileIsMatch(pattern)).toThrow(
    expect.objectContaining({ index: character - 1, message: 'nothing may follow $ or \\Z' }),
  );
});

test('any text is either a pattern that can be searched for, or refused as one', () => {
  const piece = fc.constantFrom(
    ...'( ) [ ] { } ^ $ . * + ? | \\ - , : < > = ! # a 1 i m s'.split(' '),
    '(?',
    '\\w',
    '\\W',
    '[^',
    '\\p{L}',
    '\\b',
    '🦊',
  );
  const pattern = fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join(''));
  fc.assert(
    fc.property(pattern, fc.string(), (drawn, text) => {
      try {
        expect(typeof compileIsMatch(drawn)(text)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(PatternProblem);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('where .NET and JavaScript agree, so do we', () => {
  // Letters, sets, groups and quantifiers mean the same everywhere; ends of lines and alphabets do not, so none here.
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(?:ab|b)', '(a)', '^');
  const quantified = fc.tuple(atom, fc.constantFrom('', '*', '+?', '{2}', '?')).map(parts => parts.join(''));
  const pattern = fc
    .array(quantified, { minLength: 1, maxLength: 5 })
    .map(parts => parts.join('').replaceAll(/\^[*+?{][2}?]*/g, '^'));
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c') }), (drawn, text) => {
      expect(compileIsMatch(drawn)(text)).toBe(new RegExp(drawn).test(text));
    }),
    { numRuns: 1_000 },
  );
});
