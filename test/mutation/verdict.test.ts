import { describe, expect, test } from 'vitest';
import { type Equivalent, judge, type MutationReport } from './verdict.ts';

const source = ['function f(a: number) {', '  return a > 1', '    ? a', '    : 0;', '}'].join('\n');
const FILE = 'src/f.ts';

/** What became of `a > 1` → `true`, and of the whole expression → `{}`. */
function report(condition: string, expression = 'Killed'): MutationReport {
  const start = { line: 2, column: 10 };
  const mutants = [
    { status: condition, replacement: 'true', location: { start, end: { line: 2, column: 15 } } },
    { status: expression, replacement: '{}', location: { start, end: { line: 4, column: 8 } } },
  ];
  return { files: { [FILE]: { source, mutants } } };
}

const listed: Equivalent = {
  file: FILE,
  line: 'return a > 1',
  from: 'a > 1',
  to: 'true',
  reason: 'nobody can tell',
};

describe('a mutant', () => {
  test.each(['Killed', 'Timeout'])('that a test ends is none of the survivors: %s', status => {
    const { files, survivors, survivedPercent } = judge(report(status), []);
    expect(files).toEqual([{ file: FILE, mutants: 2, killed: 2, survived: 0, equivalent: 0 }]);
    expect([survivors, survivedPercent]).toEqual([[], 0]);
  });

  test.each(['Survived', 'NoCoverage', 'Ignored'])('that no test ends is named: %s', status => {
    const { files, survivors, survivedPercent } = judge(report(status), []);
    expect(files).toEqual([{ file: FILE, mutants: 2, killed: 1, survived: 1, equivalent: 0 }]);
    expect(survivors).toMatchObject([{ file: FILE, at: { line: 2, column: 10 }, from: 'a > 1', to: 'true' }]);
    expect(survivedPercent).toBe(50);
  });

  test('of several lines is named in one', () => {
    expect(judge(report('Killed', 'Survived'), []).survivors).toMatchObject([
      { from: 'a > 1 ? a : 0', to: '{}' },
    ]);
  });

  test.each(['RuntimeError', 'CompileError', 'Pending'])(
    'that came to no end decides nothing: %s',
    status => {
      const { undecided, survivors } = judge(report(status), []);
      expect([undecided, survivors]).toEqual([1, []]);
    },
  );
});

describe('the list of equivalent mutants', () => {
  test('excuses those that it names, and they do not count', () => {
    const { files, survivors, stale, survivedPercent } = judge(report('Survived', 'Survived'), [listed]);
    expect(files).toEqual([{ file: FILE, mutants: 2, killed: 0, survived: 1, equivalent: 1 }]);
    expect([survivors.length, stale, survivedPercent]).toEqual([1, [], 100]);
  });

  test.each<[string, Equivalent, string]>([
    ['the code has changed', { ...listed, from: 'a >= 1' }, 'there is no such mutant'],
    ['the line has changed', { ...listed, line: 'return b' }, 'there is no such mutant'],
    ['the file has gone', { ...listed, file: 'src/g.ts' }, 'there is no such mutant'],
    ['a test notices it', { ...listed, from: 'a > 1 ? a : 0', to: '{}' }, 'a test notices it'],
  ])('is out of date where %s', (_, entry, why) => {
    expect(judge(report('Survived'), [entry]).stale).toMatchObject([{ why }]);
  });

  test('is not out of date because a busy machine let a mutant take too long', () => {
    expect(judge(report('Timeout'), [listed]).stale).toEqual([]);
  });

  test('is not exact enough where two mutants are like that', () => {
    const once = report('Survived').files[FILE]?.mutants ?? [];
    const twice = { files: { [FILE]: { source, mutants: [...once, ...once] } } };
    expect(judge(twice, [listed]).stale).toMatchObject([{ why: 'several mutants are like that' }]);
  });

  test('is not looked through for files that were left out', () => {
    const elsewhere = { ...listed, file: 'src/g.ts' };
    expect(judge(report('Killed'), [elsewhere], true).stale).toEqual([]);
  });
});
