import { type DateElement, DateFormatProblem, readDateFormat } from './date-pattern.ts';
import { type Ticks, ticksOf } from './instant.ts';

/** What of .NET's DateTimeStyles makes a difference on a server whose time zone is UTC. */
export interface DateStyles {
  readonly leadingWhite: boolean;
  readonly trailingWhite: boolean;
}

type Groups = Readonly<Record<string, string | undefined>>;

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const monthEnds = ['uary', 'ruary', 'ch', 'il', '', 'e', 'y', 'ust', 'tember', 'ober', 'ember', 'ember'];

/** .NET takes two digits where it can, and does not try again with one. */
const oneOrTwo = '\\d{2}|\\d(?!\\d)';
const two = '\\d{2}';

/** By field: what stands in the text, and which part of the date it is. */
const readers: Readonly<Record<string, readonly [expression: string, part: string]>> = {
  yyyy: ['\\d{4}', 'year'],
  M: [oneOrTwo, 'month'],
  MM: [two, 'month'],
  MMM: [monthNames.map(anyCase).join('|'), 'monthName'],
  MMMM: [monthNames.map((name, index) => anyCase(name + (monthEnds[index] ?? ''))).join('|'), 'monthName'],
  d: [oneOrTwo, 'day'],
  dd: [two, 'day'],
  H: [oneOrTwo, 'hour'],
  HH: [two, 'hour'],
  h: [oneOrTwo, 'hour12'],
  hh: [two, 'hour12'],
  m: [oneOrTwo, 'minute'],
  mm: [two, 'minute'],
  s: [oneOrTwo, 'second'],
  ss: [two, 'second'],
  t: ['[AaPp]', 'half'],
  tt: ['[AaPp][Mm]', 'half'],
  z: [`[+-](?:${oneOrTwo})`, 'offset'],
  zz: ['[+-]\\d{2}', 'offset'],
  zzz: ['[+-]\\d{2}:?\\d{2}', 'offset'],
  K: ['(?:Z|[+-]\\d{2}:?\\d{2})?', 'offset'],
};

/**
 * How to read a text of this format as an instant; a text without an offset is UTC. The reader gives undefined for a
 * text of another form, and for a date that does not exist.
 * @throws DateFormatProblem also for formats whose reading would depend on today's date or on the server
 */
export function compileDateInput(format: string, styles: DateStyles): (text: string) => Ticks | undefined {
  const parts = new Map<string, number>();
  const expressions = readDateFormat(format).map(element => {
    if (element.kind === 'literal') return element.text.replace(/[^\w]/g, '\\$&');
    const [expression, part] = readerOf(element);
    if (parts.has(part)) throw new DateFormatProblem(element.index, `a second ${element.letter}`);
    parts.set(part, element.index);
    return `(?<${part}>${expression})`;
  });
  checkParts(parts);
  const body = expressions.join('').replace(/\\\.\(\?<optional>([^)]*)\)/, '(?:\\.(?<optional>$1))?');
  const whole = new RegExp(
    `^${styles.leadingWhite ? '\\s*' : ''}${body}${styles.trailingWhite ? '\\s*' : ''}$`,
  );
  return text => instantOf(whole.exec(text)?.groups);
}

function readerOf({ letter, count, index }: DateElement & { kind: 'field' }): readonly [string, string] {
  if (letter === 'f' && count <= 7) return [`\\d{${count}}`, 'fraction'];
  if (letter === 'F' && count <= 7) return [`\\d{0,${count}}`, 'optional'];
  const reader = readers[letter.repeat(count)];
  if (reader !== undefined) return reader;
  const why =
    letter === 'y' ? 'a year must be read with yyyy' : `${letter.repeat(count)} is not supported for reading`;
  throw new DateFormatProblem(index, why);
}

function checkParts(parts: ReadonlyMap<string, number>): void {
  const refuse = (part: string, other: string, why: string): void => {
    const index = parts.get(part);
    if (index !== undefined && parts.has(other)) throw new DateFormatProblem(index, why);
  };
  refuse('month', 'monthName', 'the month twice');
  refuse('hour', 'hour12', 'the hour twice');
  refuse('hour', 'half', 'H is the hour of 24; AM and PM go with h');
  refuse('fraction', 'optional', 'the fraction twice');
  if (!parts.has('year')) throw new DateFormatProblem(0, 'no year (yyyy): the date would depend on today');
  const hour12 = parts.get('hour12');
  if (hour12 !== undefined && !parts.has('half'))
    throw new DateFormatProblem(hour12, 'h needs tt; the hour of 24 is H');
  const half = parts.get('half');
  if (half !== undefined && hour12 === undefined) throw new DateFormatProblem(half, 'AM and PM need h');
}

const timeOfDay = '(?<hour>\\d{1,2}):(?<minute>\\d{2})';
const isoDate = new RegExp(
  `^(?<year>\\d{4})-(?<month>\\d{1,2})-(?<day>\\d{1,2})` +
    `(?:[T ]${timeOfDay}(?::(?<second>\\d{2})(?:\\.(?<fraction>\\d{1,7}))?)?)? ?(?<offset>Z|[+-]\\d{2}:\\d{2})?$`,
);
const slashed = '^(?<month>\\d{1,2})/(?<day>\\d{1,2})/(?<year>\\d{4})';
const dateForms: readonly RegExp[] = [
  isoDate,
  new RegExp(`${slashed}(?: ${timeOfDay}(?::(?<second>\\d{2}))?)?$`),
  new RegExp(`${slashed} ${timeOfDay.replace('hour', 'hour12')}(?::(?<second>\\d{2}))? (?<half>[AaPp][Mm])$`),
];

/**
 * Reads the forms of date that the functions of this language give and that Entra's documentation shows: ISO 8601 with
 * a `T`, a space or no time, with or without an offset, and `M/d/yyyy` with a time of 12 or 24 hours. Without an
 * offset it is UTC. Undefined for every other text.
 */
export function parseDate(text: string): Ticks | undefined {
  const trimmed = text.trim();
  for (const form of dateForms) {
    const groups = form.exec(trimmed)?.groups;
    if (groups !== undefined) return instantOf(groups);
  }
  return undefined;
}

function instantOf(groups: Groups | undefined): Ticks | undefined {
  if (groups === undefined) return undefined;
  const offset = offsetMinutes(groups.offset);
  const hour = hourOf(groups);
  if (offset === undefined || hour === undefined) return undefined;
  const number = (text: string | undefined, missing: number): number =>
    text === undefined ? missing : Number(text);
  const named = groups.monthName === undefined ? 1 : monthNumber(groups.monthName);
  return ticksOf(
    {
      year: number(groups.year, 1),
      month: number(groups.month, named),
      day: number(groups.day, 1),
      hour,
      minute: number(groups.minute, 0),
      second: number(groups.second, 0),
      fraction: Number((groups.fraction ?? groups.optional ?? '').padEnd(7, '0')),
    },
    offset,
  );
}

function hourOf({ hour, hour12, half }: Groups): number | undefined {
  if (hour12 === undefined) return Number(hour ?? 0);
  const number = Number(hour12);
  if (number < 1 || number > 12) return undefined;
  return (number % 12) + (half?.toLowerCase().startsWith('p') ? 12 : 0);
}

/** Minutes east of UTC; undefined beyond the 14 hours that .NET takes. */
function offsetMinutes(text: string | undefined): number | undefined {
  if (!text || text === 'Z') return 0;
  const digits = text.slice(1).replace(':', '');
  const hours = Number(digits.length > 2 ? digits.slice(0, -2) : digits);
  const minutes = digits.length > 2 ? Number(digits.slice(-2)) : 0;
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) return undefined;
  return (hours * 60 + minutes) * (text.startsWith('-') ? -1 : 1);
}

function monthNumber(name: string): number {
  return monthNames.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

function anyCase(name: string): string {
  return Array.from(name, letter => `[${letter.toUpperCase()}${letter}]`).join('');
}
