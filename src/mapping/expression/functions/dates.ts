import type { Argument, FunctionDefinition, Scope } from '../definition.ts';
import { DateFormatProblem } from '../dotnet/date-pattern.ts';
import { compileDateOutput } from '../dotnet/format-date.ts';
import { fromMilliseconds, type Ticks, withinRange } from '../dotnet/instant.ts';
import { compileDateInput, type DateStyles, parseDate } from '../dotnet/parse-date.ts';
import { SyntaxProblem } from '../errors.ts';
import { addInterval, boundariesBetween, type Interval, intervals, isInterval } from './intervals.ts';

/** How dates stand in texts between functions, and in results: in UTC, to the second. */
const dateText = compileDateOutput('M/d/yyyy h:mm:ss tt');

/** From 1601-01-01, where FILETIME starts, to 1970-01-01. */
const fileTimeOffset = 116_444_736_000_000_000n;

export const dateFunctions: Readonly<Record<string, FunctionDefinition>> = {
  CDate: {
    parameters: ['expression'],
    compile: call => {
      const expression = call.argument(0);
      return scope => {
        const ticks = dateOf(expression, scope);
        return ticks === null ? null : dateText(ticks);
      };
    },
  },

  DateAdd: {
    parameters: ['interval', 'value', 'dateTime'],
    compile: call => {
      const interval = intervalOf(call.argument(0));
      const [value, dateTime] = [call.argument(1), call.argument(2)];
      return scope => {
        const ticks = dateOf(dateTime, scope);
        if (ticks === null) return null;
        const sum = addInterval(interval, value.count(scope), ticks);
        if (sum === undefined) throw value.failure('the result is outside of the years 1 to 9999');
        return dateText(sum);
      };
    },
  },

  DateDiff: {
    parameters: ['interval', 'date1', 'date2'],
    compile: call => {
      const interval = intervalOf(call.argument(0));
      const [date1, date2] = [call.argument(1), call.argument(2)];
      return scope => {
        const [from, to] = [dateOf(date1, scope), dateOf(date2, scope)];
        return from === null || to === null ? null : boundariesBetween(interval, from, to);
      };
    },
  },

  DateFromNum: {
    parameters: ['value'],
    compile: call => {
      const value = call.argument(0);
      return scope => {
        const fileTime = value.integer(scope);
        if (fileTime === null) return null;
        const ticks = fileTime < 0n ? undefined : withinRange(fileTime - fileTimeOffset);
        if (ticks === undefined) throw value.failure('outside of the years 1601 to 9999');
        return dateText(ticks);
      };
    },
  },

  FormatDateTime: {
    parameters: ['source', 'dateTimeStyles?', 'inputFormat', 'outputFormat'],
    compile: call => {
      const source = call.argument(0);
      const styles = stylesOf(call.optional(1));
      const read = checked(call.argument(2), format => compileDateInput(format, styles));
      const write = checked(call.argument(3), compileDateOutput);
      return scope => {
        const text = source.text(scope);
        if (text === null || text === '') return null;
        const ticks = read(text);
        if (ticks === undefined) throw source.failure('not a date of the form that inputFormat says');
        return write(ticks);
      };
    },
  },

  Now: {
    parameters: [],
    volatile: true,
    compile: () => scope => dateText(fromMilliseconds(scope.now)),
  },

  NumFromDate: {
    parameters: ['value'],
    compile: call => {
      const value = call.argument(0);
      return scope => {
        const ticks = dateOf(value, scope);
        if (ticks === null) return null;
        if (ticks < -fileTimeOffset) throw value.failure('before the year 1601');
        return ticks + fileTimeOffset;
      };
    },
  },
};

/** Null for null and for the empty text. */
function dateOf(argument: Argument, scope: Scope): Ticks | null {
  const text = argument.text(scope);
  if (text === null || text === '') return null;
  const ticks = parseDate(text);
  if (ticks === undefined)
    throw argument.failure('not a date of a supported form; read it with FormatDateTime');
  return ticks;
}

function intervalOf(argument: Argument): Interval {
  const { literal } = argument;
  if (literal !== undefined && isInterval(literal)) return literal;
  throw argument.problem(`one of the texts ${intervals.map(name => `"${name}"`).join(', ')}`);
}

const ignoredStyles = new Set(['None', 'AdjustToUniversal', 'AssumeUniversal', 'RoundtripKind']);

/** On a server in UTC, which Entra's is taken to be, the styles about time zones change nothing. */
function stylesOf(argument: Argument | undefined): DateStyles {
  const names = (argument?.literal ?? '')
    .split(',')
    .map(name => name.trim().replace(/^DateTimeStyles\./, ''));
  if (argument === undefined || argument.literal === '') return { leadingWhite: true, trailingWhite: true };
  const [leading, trailing] = ['AllowLeadingWhite', 'AllowTrailingWhite'];
  if (
    argument.literal === undefined ||
    !names.every(name => [leading, trailing, ...ignoredStyles].includes(name))
  ) {
    throw argument.problem(`a text of ${[leading, trailing, ...ignoredStyles].join(', ')}`);
  }
  if (names.includes('RoundtripKind') && names.some(name => /Universal$/.test(name))) {
    throw argument.problem('one of them', '.NET does not take RoundtripKind together with a Universal style');
  }
  return { leadingWhite: names.includes(leading), trailingWhite: names.includes(trailing) };
}

function checked<T>(argument: Argument, compileFormat: (format: string) => T): T {
  if (argument.literal === undefined)
    throw argument.problem('a text', 'the format must be checked in advance');
  try {
    return compileFormat(argument.literal);
  } catch (error) {
    if (!(error instanceof DateFormatProblem)) throw error;
    throw new SyntaxProblem(
      argument.offsetOf(error.index),
      'another format',
      `${argument.label}: ${error.message}`,
    );
  }
}
