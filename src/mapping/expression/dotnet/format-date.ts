import { type DateElement, DateFormatProblem, readDateFormat } from './date-pattern.ts';
import { type DateFields, dayOf, fieldsOf, type Ticks } from './instant.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

type Write = (fields: DateFields, ticks: Ticks) => string;

/** By letter; each is given the number of letters. */
const writers: Readonly<Record<string, (count: number) => Write>> = {
  d: count => (fields, ticks) => {
    if (count < 3) return padded(fields.day, count);
    return shortened(days[(((dayOf(ticks) + 4) % 7) + 7) % 7] ?? '', count === 3);
  },
  f:
    count =>
    ({ fraction }) =>
      digitsOf(fraction).slice(0, count),
  F:
    count =>
    ({ fraction }) =>
      digitsOf(fraction).slice(0, count).replace(/0+$/, ''),
  H:
    count =>
    ({ hour }) =>
      padded(hour, count),
  h:
    count =>
    ({ hour }) =>
      padded(hour % 12 || 12, count),
  m:
    count =>
    ({ minute }) =>
      padded(minute, count),
  M:
    count =>
    ({ month }) =>
      count < 3 ? padded(month, count) : shortened(months[month - 1] ?? '', count === 3),
  s:
    count =>
    ({ second }) =>
      padded(second, count),
  t:
    count =>
    ({ hour }) =>
      (hour < 12 ? 'AM' : 'PM').slice(0, count),
  y:
    count =>
    ({ year }) =>
      padded(count < 3 ? year % 100 : year, count),
  z: count => () => ['+0', '+00', '+00:00'][count - 1] ?? '+00:00',
};

const longestField: Readonly<Record<string, number>> = { d: 4, f: 7, F: 7, M: 4, t: 2, y: 5, z: 3 };

/**
 * How to write an instant, in UTC and in the invariant culture.
 * @throws DateFormatProblem
 */
export function compileDateOutput(format: string): (ticks: Ticks) => string {
  const elements = readDateFormat(format);
  const writes = elements.map(element => (element.kind === 'literal' ? element.text : writerOf(element)));
  return ticks => {
    const fields = fieldsOf(ticks);
    return writes.reduce<string>((text, write, index) => {
      if (typeof write === 'string') return text + write;
      const written = write(fields, ticks);
      return written === '' && isOptionalFraction(elements[index]) ? text.replace(/\.$/, '') : text + written;
    }, '');
  };
}

function writerOf({ letter, count, index }: DateElement & { kind: 'field' }): Write {
  if (letter === 'K')
    throw new DateFormatProblem(index, 'K depends on how the date was read; write Z or zzz');
  const write = writers[letter];
  if (write === undefined) throw new DateFormatProblem(index, `${letter} is not supported`);
  if (count > (longestField[letter] ?? 2)) throw new DateFormatProblem(index, `too many ${letter}`);
  return write(count);
}

/** .NET leaves out the point before a fraction that is left out. */
function isOptionalFraction(element: DateElement | undefined): boolean {
  return element?.kind === 'field' && element.letter === 'F';
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

function digitsOf(fraction: number): string {
  return padded(fraction, 7);
}

function shortened(name: string, isShort: boolean): string {
  return isShort ? name.slice(0, 3) : name;
}
