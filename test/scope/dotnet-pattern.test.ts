import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compilePattern, PatternError } from '../../src/scope/dotnet-pattern.ts';

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
    ['(?m)^Sales$', 'x\nSales\ny', true],
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
    ['^(?<dept>Sales)-(?<dept>EMEA)$', 'Sales-EMEA', true],
    ["^(?'dept'Sales)$", 'Sales', true],
    // Escapes.
    [String.raw`^\u00e9\x41\t\.$`, 'éA\t.', true],
    [String.raw`^\e$`, '\u001b', true],
    [String.raw`^\p{Lu}\P{Lu}+$`, 'Sales', true],
    [String.raw`^[\p{Lu}\-\]]+$`, 'S-]', true],
    [String.raw`^a\+b\$$`, 'a+b$', true],
  ])('%s about %j: %s', (pattern, text, expected) => {
    expect(compilePattern(pattern)(text)).toBe(expected);
  });

  test('a text of any length is searched, and a pattern keeps no state between texts', () => {
    const matches = compilePattern('(?i)needle');
    expect([matches('NEEDLE'), matches('x'), matches(`${'x'.repeat(100_000)}needle`)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

test.each(['w', 's', 'd'])('inside a class, too, what is not \\%s is everything else', letter => {
  const inside = compilePattern(`^[\\${letter}]$`);
  const outside = compilePattern(`^[\\${letter.toUpperCase()}]$`);
  const both: string[] = [];
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    // Half of a pair is no character.
    if (character.isWellFormed() && inside(character) === outside(character)) both.push(code.toString(16));
  }
  expect(both).toEqual([]);
});

const unbounded = 'is not possible in a search whose time is bounded by the length of the text';
const brokenWord = '; write (?:^|\\W) and (?:\\W|$) where a word begins and ends';
const categories = '; general categories such as \\p{Lu} can be used, blocks cannot';
const options =
  '; i and s can be switched on and off anywhere, m at the start of the pattern only, n and x not at all';

describe('what .NET has and a linear-time search has not is refused', () => {
  test.each([
    ['(?=x)', `a lookahead at character 1 of the pattern ${unbounded}`],
    ['a(?!x)', `a lookahead at character 2 of the pattern ${unbounded}`],
    ['(?<=x)a', `a lookbehind at character 1 of the pattern ${unbounded}`],
    ['(?<!x)a', `a lookbehind at character 1 of the pattern ${unbounded}`],
    ['(?>a+)b', `an atomic group at character 1 of the pattern ${unbounded}`],
    ['(?(a)b|c)', `a conditional group at character 1 of the pattern ${unbounded}`],
    ['a(?#why)', `a comment at character 2 of the pattern ${unbounded}`],
    ['(?<a-b>x)', `a balancing group at character 1 of the pattern ${unbounded}`],
    ["(?'-b'x)", `a balancing group at character 1 of the pattern ${unbounded}`],
    ['(?x) a', `this group at character 1 of the pattern ${unbounded}${options}`],
    ['a(?m)$', `this group at character 2 of the pattern ${unbounded}${options}`],
    ['(?P<name>x)', `this group at character 1 of the pattern ${unbounded}${options}`],
    [String.raw`(a)\1`, `a backreference or an octal number at character 4 of the pattern ${unbounded}`],
    [
      String.raw`(?<x>a)\k<x>`,
      `a backreference or an octal number at character 8 of the pattern ${unbounded}`,
    ],
    [String.raw`\bSales\b`, `\\b at character 1 of the pattern ${unbounded}${brokenWord}`],
    [String.raw`a\B`, `\\B at character 2 of the pattern ${unbounded}${brokenWord}`],
    [String.raw`\Ga`, `\\G at character 1 of the pattern ${unbounded}`],
    [String.raw`\p{IsGreek}`, `this \\p at character 1 of the pattern ${unbounded}${categories}`],
    [String.raw`\pL`, `this \\p at character 1 of the pattern ${unbounded}${categories}`],
    [String.raw`\Qa.b\E`, `\\Q at character 1 of the pattern ${unbounded}`],
    [String.raw`a\_`, `\\_ at character 2 of the pattern ${unbounded}`],
    [String.raw`\ud83d`, `half of a surrogate pair at character 1 of the pattern ${unbounded}`],
    ['[a-z-[aeiou]]', `a class subtracted from a class at character 5 of the pattern ${unbounded}`],
    ['a\\', `\\ at character 2 of the pattern ${unbounded}`],
    ['x[a-z', 'the class that begins at character 2 of the pattern has no end'],
    ['(a', 'the pattern cannot be read: missing closing )'],
    ['a**', 'the pattern cannot be read: invalid nested repetition operator'],
    ['a*+', 'the pattern cannot be read: invalid nested repetition operator'],
    ['a{2000}', 'the pattern cannot be read: invalid repeat count'],
    ['[z-a]', 'the pattern cannot be read: invalid character class range'],
  ])('%s', (pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(new PatternError(message));
  });
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
        expect(typeof compilePattern(drawn)(text)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(PatternError);
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
      expect(compilePattern(drawn)(text)).toBe(new RegExp(drawn).test(text));
    }),
    { numRuns: 1_000 },
  );
});
