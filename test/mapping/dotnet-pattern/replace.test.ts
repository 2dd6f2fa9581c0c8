import { describe, expect, test } from 'vitest';
import { compilePattern, searchBudget } from '../../../src/mapping/dotnet-pattern/pattern.ts';
import { errorOf, resultOf } from '../expression/evaluate.ts';

/** The text as a literal of the language. */
function literal(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function replace(text: string, pattern: string, replacement: string): unknown {
  return resultOf(`Replace([x], , ${literal(pattern)}, , ${literal(replacement)}, , )`, { x: text });
}

describe('as in .NET', () => {
  test.each([
    ['empty matches follow another match', 'xa', 'x*', '-', '--a-'],
    ['every empty place', 'ab', '', '-', '-a-b-'],
    ['\\d is of all scripts', 'a١b2', '\\d', '#', 'a#b#'],
    ['\\w is of all scripts', 'é_-', '\\w', '#', '##-'],
    ['\\W', 'é-', '\\W', '#', 'é#'],
    ['\\s has the no-break space', 'a\u00a0b', '\\s', '#', 'a#b'],
    ['[\\s\\S] is everything', 'a\u00a0\nb', '[\\s\\S]', '#', '####'],
    ['\\S', 'a b', '\\S', '#', '# #'],
    ['[\\D]', 'a1', '[\\D]', '#', '#1'],
    ['a hyphen after a set', 'a-.b', '[\\w-.]', '#', '####'],
    ['a hyphen after a range', '-b9z', '[a-c-9]', '#', '###z'],
    ['a hyphen first and last', '-a-', '[-x]|[x-]', '#', '#a#'],
    ['] first in a class', 'a]b', '[]a]', '#', '##b'],
    ['[ in a class', 'a[:b', '[[:]', '#', 'a##b'],
    ['\\b in a class is a backspace', 'a\bb', '[\\b]', '#', 'a#b'],
    ['\\u and \\x', 'aé', '\\u0061|\\xe9', '#', '##'],
    ['\\cI is a tab', 'a\tb', '\\cI', '#', 'a#b'],
    ['braces that repeat nothing', 'a{,3}', 'a{,3}', '#', '#'],
    ['a category', 'aB1', '\\p{Lu}|\\P{L}', '#', 'a##'],
    ['(?i)', 'aB', '(?i)b', '#', 'a#'],
    ['(?i:)', 'aBAb', '(?i:a)b|B', '#', 'a##'],
    ['(?s)', 'a\nb', '(?s)a.b', '#', '#'],
    ['a point is no line break', 'a\nb', 'a.b', '#', 'a\nb'],
    ['(?m)', 'a\na\nb', '(?m)^a$', '#', '#\n#\nb'],
    ['(?im) and the end of a text', 'b\nB\n', '(?im)b$', '#', '#\n#\n'],
    ['\\W in a class', 'é-_', '[\\W_]', '#', 'é##'],
    ["(?'name')", 'ab', "(?'n'a)b", `\${n}`, 'a'],
    ['named groups count last', 'ab', '(?<n>a)(b)', '$1$2', 'ba'],
    ['$& $$ and a lone $', 'ab', 'b', '[$&$$$]', 'a[b$$]'],
    ['text before and after', 'abc', 'b', "$`$'", 'aacc'],
    ['$+ and $_', 'abc', '(a)(b)', '$+$_', 'babcc'],
    [`\${1}`, 'ab', '(a)', `\${1}0`, 'a0b'],
    ['an alternative that took no part', 'b', '(a)|b', '[$1]', '[]'],
    ['the first alternative wins', 'abc', 'a|ab', '#', '#bc'],
    ['lazy', 'aab', 'a+?', '#', '##b'],
    ['$ is the end', 'abab', 'b$', '#', 'aba#'],
    ['\\A and \\Z', 'abab', '\\Aa|b\\Z', '#', '#ba#'],
    ['^ is the start of the text only', 'a\na', '^a', '#', '#\na'],
    ['a character of two code units', 'a😀b', '.', '#', '###'],
  ])('%s', (_, text, pattern, replacement, result) => {
    expect(replace(text, pattern, replacement)).toBe(result);
  });

  test('a replacement from an attribute keeps what names no group', () => {
    const expression = 'Replace([x], , "(a)", , [y], , )';
    expect(resultOf(expression, { x: 'a', y: `$1 $2 \${no} $` })).toBe(`a $2 \${no} $`);
  });

  test('only the named group is replaced, and the replacement as it is', () => {
    expect(resultOf('Replace("k=1;k=2", , "k=(?<v>\\\\d)", "v", "$&", , )')).toBe('k=$&;k=$&');
    expect(resultOf('Replace("ab", , "(?<n>a)(b)", "1", "#", , )')).toBe('a#');
  });

  test('before a last line break $ would match in .NET: such a text is refused', () => {
    expect(errorOf(() => replace('ab\n', 'b$', '#'))).toContain('ends in a line break');
    expect(replace('ab\nc', 'b$', '#')).toBe('ab\nc');
  });
});

describe('patterns that are refused', () => {
  test.each([
    ['a(?=b)', 2, 'lookaround'],
    ['a(?!b)', 2, 'lookaround'],
    ['(?<=a)b', 1, 'lookaround'],
    ['(?<!a)b', 1, 'lookaround'],
    ['(?>a)', 1, 'atomic'],
    ['(?(a)b|c)', 1, 'conditional'],
    ['(?<n>a)(?<-n>b)', 8, 'balancing'],
    ['(?<a-b>c)', 1, 'balancing'],
    ['(?<1>a)', 1, 'named by a number'],
    ['(?<n>a)(?<n>b)', 8, 'two groups of one name'],
    ['(?P<n>a)', 1, 'unknown kind of group'],
    ['a(?m)', 2, 'only i and s'],
    ['(?x) a', 1, 'only i and s'],
    ['a(?#why)', 2, 'comments'],
    ['(?i-x:a)', 1, 'only i and s'],
    ['(a)\\1', 4, 'backreferences'],
    ['(?<n>a)\\k<n>', 8, 'backreferences'],
    ['\\101', 1, 'octal'],
    ['a\\b', 2, 'ASCII words'],
    ['\\Ga', 1, '\\G'],
    ['\\Qa\\E', 1, 'no escape'],
    ['a\\_', 2, 'no escape'],
    ['\\ud83d', 1, 'half of a surrogate pair'],
    ['[a\ud83d]', 3, 'half of a surrogate pair'],
    ['a\\', 2, 'no escape'],
    ['\\p{IsGreek}', 1, 'general category'],
    ['\\p{Greek}', 1, 'general category'],
    ['\\pL', 1, 'general category'],
    ['\\p{Cn}', 1, 'general category'],
    ['[a-z-[aeiou]]', 5, 'subtraction'],
    ['[a-\\d]', 4, 'a range cannot end in a set'],
    ['[z-a]', 2, 'reverse'],
    ['x[a', 2, 'this class does not end'],
    ['x(a', 2, 'this group does not end'],
    ['a)', 2, 'without an opening one'],
    ['*a', 1, 'follows nothing'],
    ['a|+', 3, 'follows nothing'],
    ['^*', 2, 'follows nothing'],
    ['a**', 3, 'a quantifier after a quantifier'],
    ['a*+', 3, 'a quantifier after a quantifier'],
    ['a{2}{3}', 5, 'a quantifier after a quantifier'],
    ['a{3,2}', 2, 'below the lower one'],
    ['a{1001}', 2, 'more than 1000'],
    ['(a{100}){100}', 1, 'invalid repeat count'],
    ['(a*)*', 5, 'may be empty'],
    ['(|a)+', 5, 'may be empty'],
    ['(a*){2}', 5, 'may be empty'],
    ['\\p{L}{1000}'.repeat(6), 1, 'too large'],
    ['('.repeat(101) + ')'.repeat(101), 102, 'within each other'],
  ])('%s at character %i', (pattern, character, why) => {
    const error = errorOf(() => replace('x', pattern, ''));
    // Every backslash of the pattern takes two columns of the expression.
    const column = 'Replace([x], , "'.length + literal(pattern.slice(0, character - 1)).length - 1;
    expect(error).toContain(`column ${column}: regexPattern: `);
    expect(error).toContain(why);
  });

  test('a pattern that is not written out, a group that it does not have', () => {
    expect(errorOf(() => resultOf('Replace([x], , [p], , "", , )'))).toContain('must be checked in advance');
    expect(errorOf(() => resultOf('Replace([x], , "(?<a>b)", "c", "", , )'))).toContain(
      'column 27: Replace, regexGroupName',
    );
    expect(errorOf(() => resultOf(`Replace([x], , "(?<a>b)", , "x\${c}", , )`))).toContain(
      'column 31: no group c',
    );
  });
});

// Of the processor: on a busy machine the clock says nothing about a search.
describe('time', () => {
  test('a pattern that is catastrophic for backtracking finishes on a long text', () => {
    const started = process.cpuUsage();
    expect(replace('a'.repeat(5000), '(a|a)*(a|aa)+b', '')).toHaveLength(5000);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
  });

  test('what is quadratic in any engine is stopped', () => {
    const started = process.cpuUsage();
    expect(errorOf(() => replace('x'.repeat(50_000), 'x(?:.*y)?', ''))).toContain('takes too long');
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(5000);
  });

  test('all patterns of an expression share what they may cost', () => {
    const search = 'Replace([x], , "x(?:.*y)?", , "", , )';
    const expression = (times: number) =>
      `Join("", ${Array.from({ length: times }, () => search).join(', ')})`;
    expect(resultOf(expression(1), { x: 'x'.repeat(2500) })).toBe('');
    expect(errorOf(() => resultOf(expression(9), { x: 'x'.repeat(2500) }))).toContain('takes too long');
  });

  test('matches are found one at a time', () => {
    const matches = compilePattern('a').matches('aaa', searchBudget());
    expect(matches.next().value?.group(0)).toEqual([0, 1]);
    expect(matches.next().value?.group(0)).toEqual([1, 2]);
  });
});
