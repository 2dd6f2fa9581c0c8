import { describe, expect, test } from 'vitest';
import type { SourceValue } from '../../../src/identity/source-values.ts';
import { ExpressionFailure } from '../../../src/mapping/expression/errors.ts';
import { type Attributes, errorOf, evaluate, resultOf } from './evaluate.ts';

type Row = [expression: string, result: SourceValue, attributes?: Attributes];

// [none] is null in every row.
describe('what a function makes of null', () => {
  test.each<Row>([
    ['Append([none], "x")', null],
    ['Append("x", [none])', 'x'],
    ['BitAnd([none], 1)', null],
    ['BitAnd(1, [none])', null],
    ['CBool([none])', 'False'],
    ['CDate([none])', null],
    ['CStr([none])', null],
    ['Coalesce([none])', null],
    ['Coalesce([none], [empty])', '', { empty: '' }],
    ['ConvertToBase64([none])', null],
    ['ConvertToUTF8Hex([none])', null],
    ['Count([none])', 0],
    ['DateAdd("d", 1, [none])', null],
    ['DateDiff("d", [none], "2021-08-24")', null],
    ['DateDiff("d", "2021-08-24", [none])', null],
    ['DateFromNum([none])', null],
    ['FormatDateTime([none], , "yyyy", "yy")', null],
    ['IIF([none] = "a", "then", "else")', 'else'],
    ['IIF([none] <> "a", "then", "else")', 'else'],
    ['IIF([none], "then", "else")', 'else'],
    ['IIF(Not([none]), "then", "else")', 'else'],
    ['InStr([none], "a")', null],
    ['InStr("a", [none])', null],
    ['IsNull([none])', 'True'],
    ['IsNullOrEmpty([none])', 'True'],
    ['IsPresent([none])', 'False'],
    ['IsString([none])', 'False'],
    ['Item([none], 1)', null],
    ['Join(", ", [none], "a", [none], "b")', 'a, b'],
    ['Join(", ", [none], [none])', ''],
    ['Join([none], "a", "b")', 'ab'],
    ['Left([none], 3)', ''],
    ['Mid([none], 1, 3)', null],
    ['NormalizeDiacritics([none])', null],
    ['Not([none])', 'True'],
    ['NumFromDate([none])', null],
    ['PCase([none])', null],
    ['PCase("a b", [none])', 'A B'],
    ['Redact([none])', null],
    ['RemoveDuplicates([none])', null],
    ['Replace([none], "a", , , "b", , )', null],
    ['Replace("abc", [none], , , "b", , )', 'abc'],
    ['Replace("abc", "b", , , [none], , )', 'ac'],
    ['Replace([none], "<u>", , , , , "<u>@contoso.com")', null],
    ['Replace([none], , "a", , "b", , )', null],
    ['Replace("abc", , "b", , [none], , )', 'ac'],
    ['Replace([none], , "(?<g>a)", "g", "b", , )', null],
    ['Replace([none], , "(?<g>a)", "g", , [none], )', null],
    ['SingleAppRoleAssignment([appRoleAssignments])', null],
    ['Split([none], ",")', null],
    ['StripSpaces([none])', null],
    ['Switch([none], "default", "a", "b")', 'default'],
    ['Switch([none], , "a", "b")', null],
    ['Switch([none], "default", "", "empty")', 'empty'],
    ['Switch([none], "default", [none], "empty")', 'empty'],
    ['ToLower([none])', null],
    ['ToUpper([none])', null],
    ['Word([none], 1, " ")', ''],
  ])('%s is %j', (expression, result, attributes) => {
    expect(resultOf(expression, attributes)).toEqual(result);
  });
});

describe('edges', () => {
  test.each<Row>([
    ['Append("", "x")', 'x'],
    ['Append([yes], [number])', 'True7', { yes: true, number: 7 }],
    ['BitAnd([flags], 2)', 2, { flags: '514' }],
    ['BitAnd(-2147483646, 2)', 2],
    ['CBool("true")', 'True'],
    ['CBool("-1")', 'True'],
    ['CBool(0)', 'False'],
    ['CBool(0.5)', 'True'],
    ['CBool([a] = [b])', 'False'],
    ['CBool("a" = "A")', 'False'],
    ['CBool(IsNull([none]))', 'True'],
    ['CStr(1.5)', '1.5'],
    ['CStr([yes])', 'True', { yes: true }],
    ['Count([one])', 1, { one: 'a' }],
    ['Count([many])', 3, { many: ['a', 'b', 'c'] }],
    ['InStr("abc", "")', 1],
    ['InStr("abc", "c", 4)', 0],
    ['InStr("abc", "B")', 0],
    ['InStr("abc", "B", , vbTextCompare)', 2],
    ['InStr("repEated", "e", 3, vbTextCompare)', 4],
    ['IsNullOrEmpty(" ")', 'False'],
    ['IsString("")', 'True'],
    ['IsString(1)', 'False'],
    ['Item([many], 4)', null, { many: ['a', 'b', 'c'] }],
    ['Item([one], "1")', 'a', { one: 'a' }],
    ['Item(Split("a;b", ";"), 2)', 'b'],
    ['Join("-", [many], 1, [no], "")', 'a-b-1-False', { many: ['a', '', 'b'], no: false }],
    ['Left("John", 0)', ''],
    ['Left("John", -1)', 'John'],
    ['Left("John", 9)', 'John'],
    ['Mid("John", 2, 2)', 'oh'],
    ['Mid("John", 2, 9)', 'ohn'],
    ['Mid("John", 5, 1)', ''],
    ['Mid("John", 1, 0)', ''],
    ['Not("True")', 'False'],
    ['Not("true")', 'False'],
    ['Not("False")', 'True'],
    ['Not("anything")', 'True'],
    ['Not([IsSoftDeleted])', 'True', { IsSoftDeleted: false }],
    ['PCase("o\'brien 2nd d\'ARC")', "O'brien 2Nd D'arc"],
    ['PCase("eins_ZWEI/drei")', 'Eins_Zwei/Drei'],
    ['PCase("2nd floor", " ")', '2nd Floor'],
    ['RemoveDuplicates("a")', 'a'],
    ['Replace("aXaxa", "x", , , "-", , )', 'aXa-a'],
    ['Replace("a.b", ".", , , "$1", , )', 'a$1b'],
    ['Replace("", "<u>", , , , , "<u>@contoso.com")', null],
    ['Replace("x", "<u>", , , , , "<u>-<u>")', 'x-x'],
    ['Replace("here", , "(?<g>a)", "g", , [other], )', 'here', { other: 'a' }],
    ['Replace("", , "(?<g>b)", "g", , [other], )', null, { other: 'a' }],
    ['SingleAppRoleAssignment([appRoleAssignments])', 'Admin', { appRoleAssignments: ['Admin'] }],
    ['SingleAppRoleAssignment([appRoleAssignments])', null, { appRoleAssignments: ['Admin', 'User'] }],
    ['Split(" a ,, b ", ",")', ['a', 'b']],
    ['Split(",", ",")', null],
    ['StripSpaces(" a\tb ")', 'a\tb'],
    ['Switch("a", "default", "A", "upper", "a", "lower")', 'lower'],
    ['Switch([yes], , "true", 1, "True", 2)', 2, { yes: true }],
    ['Switch(7, , "7", "seven")', 'seven'],
    ['ToUpper("straße ﬁ µ")', 'STRAßE ﬁ Μ'],
    ['ToLower("ΟΔΟΣ")', 'οδοσ'],
    ['ToLower("İI")', 'İi'],
    ['ToLower("Iİ", "tr-TR")', 'ıi'],
    ['ToUpper("iı", "tr-TR")', 'İI'],
    ['ToUpper("iı", "az")', 'İI'],
    ['ToUpper("iı", "en-US")', 'II'],
    ['ToUpper("ıſ")', 'ıſ'],
    ['ToLower("İ", "en-US")', 'i'],
    ['Word("  a,, b", 2, ", ")', 'b'],
    ['Word("a b", 0, " ")', ''],
    ['Word("a b", 3, " ")', ''],
    ['Word("ab", 1, " ")', 'ab'],
    ['[accountEnabled]', 'True', { accountEnabled: true }],
    ['[roles]', ['a', 'b'], { roles: ['a', 'b'] }],
    ['"just text"', 'just text'],
    ['9007199254740993', '9007199254740993'],
    ['-5', -5],
  ])('%s is %j', (expression, result, attributes) => {
    expect(resultOf(expression, attributes)).toEqual(result);
  });

  // The table of the page, a few of each kind: ready-made, and put together from letter and mark.
  test.each([
    ['äàâãåáąăāǟǡ', 'aaaaaaaaaaa'],
    ['a\u0331å\u0304', 'aa'],
    ['æǣÆ', 'aeaeAE'],
    ['øØœ\u0304Œ', 'oeOEoeOE'],
    ['üÜǖ', 'uUu'],
    ['ßçčłŁñšșžıİ', 'sscclLnssziI'],
    ['đ', 'đ'],
    ['й が हिं', 'й が हिं'],
  ])('NormalizeDiacritics of %s is %s', (text, result) => {
    expect(resultOf('NormalizeDiacritics([x])', { x: text })).toBe(result);
  });
});

describe('conditions', () => {
  test.each<[string, boolean, Attributes?]>([
    ['[a] = "x"', true, { a: 'x' }],
    ['[a] = "X"', false, { a: 'x' }],
    ['[a] <> "X"', true, { a: 'x' }],
    ['[a] = [b]', false, { a: '', b: '' }],
    ['[a] = "True"', true, { a: true }],
    ['[a] = "true"', false, { a: true }],
    ['[a] = 5', true, { a: '5' }],
    ['[a] = "05"', false, { a: '5' }],
    ['[a] > 9', true, { a: '10' }],
    ['[a] >= 10', true, { a: '10' }],
    ['[a] < 10', false, { a: '10' }],
    ['[a] <= 9.5', true, { a: 9 }],
    ['[a] > "9"', true, { a: '10' }],
    ['[a]', true, { a: 'True' }],
    ['[a]', false, { a: 'False' }],
    ['CBool([a] = [b])', true, { a: 'x', b: 'x' }],
    ['InStr([mail], "@") > 0', true, { mail: 'a@b' }],
    ['InStr([mail], "@") = 0', false],
    ['Coalesce([a], [b]) = "x"', true, { b: 'x' }],
    ['Coalesce([a], [b]) <> "x"', false],
    ['Join("", [a]) <> "x"', false],
    ['Not([a])', false, { a: '' }],
    ['Not([a])', true, { a: 'no' }],
    ['Not(CBool([a] = "x"))', false],
    ['Not(CBool([a] = "x"))', true, { a: 'y' }],
  ])('%s is %j for %j', (condition, isTrue, attributes) => {
    expect(resultOf(`IIF(${condition}, "then", "else")`, attributes)).toBe(isTrue ? 'then' : 'else');
  });

  test('the branch that is not taken is not computed', () => {
    const attributes = { a: 'x', date: 'soon' };
    expect(resultOf('IIF([a] = "x", "fine", CDate([date]))', attributes)).toBe('fine');
    expect(resultOf('Switch([a], CDate([date]), "x", "fine", "y", CDate([date]))', attributes)).toBe('fine');
  });
});

describe('IgnoreFlowIfNullOrEmpty', () => {
  test.each<[string, boolean, Attributes?]>([
    ['IgnoreFlowIfNullOrEmpty("")', true],
    ['IgnoreFlowIfNullOrEmpty(0)', false],
    ['Redact(IgnoreFlowIfNullOrEmpty([a]))', true],
    ['IIF([a] = "x", "y", IgnoreFlowIfNullOrEmpty([a]))', true],
    ['IIF([a] = "x", IgnoreFlowIfNullOrEmpty([b]), "y")', true, { a: 'x' }],
    ['IIF([a] = "x", IgnoreFlowIfNullOrEmpty([b]), "y")', false],
    ['Switch([a], IgnoreFlowIfNullOrEmpty([b]), "x", "y")', true],
    ['Switch([a], "y", "x", IgnoreFlowIfNullOrEmpty([b]))', true, { a: 'x' }],
    ['Switch([a], "z", "y", "y", "x", IgnoreFlowIfNullOrEmpty([b]))', true, { a: 'x' }],
    ['Switch([a], "z", "y", "y", "x", IgnoreFlowIfNullOrEmpty([b]))', false, { a: 'y' }],
  ])('%s drops the attribute: %s, for %j', (expression, ignored, attributes) => {
    expect(evaluate(expression, attributes).ignored).toBe(ignored);
  });
});

describe('what cannot be computed for one object', () => {
  test.each<[string, Attributes, string]>([
    ['Append([many], "x")', { many: ['secret', 'b'] }, 'Append, source: a list'],
    ['Left("abc", [n])', { n: 'secret' }, 'Left, numChars: not a whole number'],
    ['Left("abc", [n])', {}, 'Left, numChars: no value'],
    ['Left("abc", [n])', { n: 1.5 }, 'Left, numChars: not a whole number'],
    ['Mid("abc", [n], 1)', { n: 0 }, 'Mid, start: less than 1'],
    ['Mid("abc", 1, [n])', { n: -1 }, 'Mid, length: less than 0'],
    ['Item([many], [n])', { many: ['a'], n: 0 }, 'Item, index: less than 1'],
    ['InStr("abc", "c", [n])', { n: 0 }, 'InStr, start: less than 1'],
    ['BitAnd([n], 1)', { n: 2 ** 60 }, '[n]: a number too large to be read exactly'],
    ['CBool([a])', { a: 'secret' }, 'CBool, expression: neither True, False nor a number'],
    ['IIF([a] > 5, "x", "y")', { a: 'secret' }, 'comparison >: only numbers have an order'],
    ['IIF([a] = "x", "x", "y")', { a: ['secret', 'x'] }, 'comparison =: a list'],
    ['CDate([date])', { date: 'secret' }, 'CDate, expression: not a date'],
    ['CDate([date])', { date: '2021-02-29' }, 'CDate, expression: not a date'],
    ['DateAdd("yyyy", 9000, [date])', { date: '2021-02-28' }, 'DateAdd, value: the result is outside'],
    [
      'DateFromNum([n])',
      { n: '9223372036854775807' },
      'DateFromNum, value: outside of the years 1601 to 9999',
    ],
    ['DateFromNum([n])', { n: -1 }, 'DateFromNum, value: outside of the years 1601 to 9999'],
    ['NumFromDate([date])', { date: '1600-12-31' }, 'NumFromDate, value: before the year 1601'],
    ['Split([a], [b])', { a: 'x', b: 'secret' }, 'Split, delimiter: not exactly one character'],
    ['Switch([many], , "a", "b")', { many: ['secret', 'b'] }, 'Switch, source: a list'],
    [
      'FormatDateTime([date], , "yyyy-MM-dd", "yyyy")',
      { date: 'secret' },
      'FormatDateTime, source: not a date of the form',
    ],
  ])('%s for %j', (expression, attributes, message) => {
    const error = errorOf(() => resultOf(expression, attributes));
    expect(error).toContain(`ExpressionFailure: ${message}`);
    expect(error).not.toContain('secret');
  });

  test('results stay within the size limit', () => {
    const a = 'a'.repeat(60_000);
    for (const expression of [
      'Append([a], [a])',
      'Join("", [a], [a])',
      'Replace([a], "a", , , "bb", , )',
      'Replace([a], , "a", , "$_", , )',
      'Replace([a], "x", , , , , "xx")',
      'ConvertToUTF8Hex([a])',
    ]) {
      expect(() => resultOf(expression, { a }), expression).toThrow(ExpressionFailure);
    }
    const often = `Replace([a], , "a+", , "${'$_'.repeat(4000)}", , )`;
    expect(errorOf(() => resultOf(often, { a }))).toContain(
      'the replacement has more than 100000 characters',
    );
    expect(evaluate('Append([a], "x")', { a }).value).toHaveLength(60_001);
  });

  test('an error of the reader itself is passed on', () => {
    expect(() =>
      resultOf(
        '[a]',
        Object.create({
          get a() {
            throw new TypeError('reader');
          },
        }),
      ),
    ).toThrow(TypeError);
  });
});
