import { RE2JS } from 're2js';
import { PatternProblem } from './scanner.ts';
import { translate } from './syntax.ts';

/** Start and end of a group in the text, or undefined where it took no part in the match. */
type Span = readonly [start: number, end: number];

export interface Match {
  readonly text: string;
  /** By RE2's numbers: the whole match is 0, groups count from the left. */
  readonly group: (number: number) => Span | undefined;
}

/** The text cannot be searched within the bounds. Carries no part of it. */
export class PatternFailure extends Error {
  override readonly name = 'PatternFailure';
}

/** How much may still be searched: characters times steps of the pattern, summed over all matches. */
export interface SearchBudget {
  left: number;
}

/** About half a second on a slow core. */
export function searchBudget(): SearchBudget {
  return { left: 50_000_000 };
}

const largestProgram = 5000;

/** A .NET pattern, matched in linear time. */
export interface Pattern {
  /** The number of a group by its name, or by its .NET number in digits; undefined if there is none. */
  groupNumber(name: string): number | undefined;
  /** Group numbers from the last one in .NET's order, which puts the named ones after the others. */
  readonly lastGroup: number;
  /**
   * All matches from left to right, as Regex.Matches gives them: an empty match may follow another match directly.
   * @throws PatternFailure
   */
  matches(text: string, budget: SearchBudget): Generator<Match>;
}

/**
 * Differences that remain: a character beyond U+FFFF is one character here and two in .NET; `(?i)` compares by Unicode
 * case folding, so that "ſ" equals "s".
 * @throws PatternProblem for what is no pattern, or cannot be matched as .NET would
 */
export function compilePattern(text: string): Pattern {
  const { re2, groups, usesEnd } = translate(text, '\\z');
  const program = compileRe2(re2);
  const numbers = dotnetNumbers(groups);
  const find = function* (subject: string, budget: SearchBudget): Generator<Match> {
    if (usesEnd && subject.endsWith('\n')) {
      throw new PatternFailure('the text ends in a line break, before which .NET would match $ too');
    }
    const matcher = program.matcher(subject);
    const size = program.programSize();
    for (let from = 0; from <= subject.length; ) {
      budget.left -= (subject.length - from + 1) * size;
      if (budget.left < 0) throw new PatternFailure('the pattern takes too long on this text');
      if (!matcher.find(from)) return;
      const [start, end] = [matcher.start(), matcher.end()];
      const spans = Array.from({ length: groups.length + 1 }, (_, number): Span | undefined => {
        const first = matcher.start(number);
        return first < 0 ? undefined : [first, matcher.end(number)];
      });
      yield { text: subject, group: number => spans[number] };
      from = end > start ? end : end + ((subject.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
    }
  };
  return { groupNumber: name => numbers.get(name), lastGroup: lastOf(numbers, groups), matches: find };
}

/**
 * Whether a text holds a match, as .NET's Regex.IsMatch answers: an end may be found before a last line break, which
 * {@link compilePattern} cannot do, since RE2 has to read the line break there to know that it is the last. That is
 * why nothing may follow an end here. For texts of any length.
 * @throws PatternProblem as {@link compilePattern}
 */
export function compileIsMatch(text: string): (subject: string) => boolean {
  const { re2, afterEnd } = translate(text, '(?:\\n?\\z)');
  if (afterEnd !== undefined) throw new PatternProblem(afterEnd, 'nothing may follow $ or \\Z');
  const program = compileRe2(re2);
  return subject => program.test(subject);
}

function compileRe2(re2: string): RE2JS {
  let program: RE2JS;
  try {
    program = RE2JS.compile(re2);
  } catch (error) {
    const why =
      error instanceof Error
        ? error.message.replace(/^error parsing regexp: |: `.*$/gs, '')
        : 'not understood';
    throw new PatternProblem(0, why);
  }
  if (program.programSize() > largestProgram)
    throw new PatternProblem(0, 'the repetitions make it too large');
  return program;
}

/** Names and .NET numbers to RE2's numbers: .NET counts the unnamed groups first. */
function dotnetNumbers(groups: readonly (string | undefined)[]): ReadonlyMap<string, number> {
  const numbered = groups.map((name, index) => ({ name, number: index + 1 }));
  const ordered = [
    ...numbered.filter(({ name }) => name === undefined),
    ...numbered.filter(({ name }) => name),
  ];
  const numbers = new Map([['0', 0]]);
  for (const [index, { name, number }] of ordered.entries()) {
    numbers.set(String(index + 1), number);
    if (name !== undefined) numbers.set(name, number);
  }
  return numbers;
}

function lastOf(numbers: ReadonlyMap<string, number>, groups: readonly unknown[]): number {
  return numbers.get(String(groups.length)) ?? 0;
}
