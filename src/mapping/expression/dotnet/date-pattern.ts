/** One element of a custom format. */
export type DateElement =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number; readonly index: number };

/** A date format that is refused. `index` counts UTF-16 code units of the format from 0. */
export class DateFormatProblem extends Error {
  override readonly name = 'DateFormatProblem';
  readonly index: number;
  constructor(index: number, why: string) {
    super(why);
    this.index = index;
  }
}

/** The standard formats that are the same in every culture and for every kind of DateTime. */
const standard = new Map([
  ['R', "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'"],
  ['r', "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'"],
  ['s', "yyyy'-'MM'-'dd'T'HH':'mm':'ss"],
  ['u', "yyyy'-'MM'-'dd HH':'mm':'ss'Z'"],
]);

const fieldLetters = 'dfFgHhKmMstyz';

/**
 * Reads a .NET date format (Microsoft Learn, "Custom date and time format strings"), in the invariant culture.
 * @throws DateFormatProblem
 */
export function readDateFormat(format: string): readonly DateElement[] {
  if (format === '') throw new DateFormatProblem(0, 'an empty format');
  if (format.length > 1) return elementsOf(format);
  const custom = standard.get(format);
  if (custom !== undefined) return elementsOf(custom);
  throw new DateFormatProblem(
    0,
    'of the one-letter formats only s, u and r do not depend on culture or time zone',
  );
}

function elementsOf(format: string): readonly DateElement[] {
  const elements: DateElement[] = [];
  for (let at = 0; at < format.length; ) {
    const [element, next] = elementAt(format, at);
    if (element !== undefined) elements.push(element);
    at = next;
  }
  return elements;
}

function elementAt(format: string, at: number): [DateElement | undefined, number] {
  const letter = format.charAt(at);
  if (letter === "'" || letter === '"') return quotedAt(format, at);
  if (letter === '\\') {
    if (at + 1 >= format.length) throw new DateFormatProblem(at, 'a backslash at the end');
    return [{ kind: 'literal', text: format.charAt(at + 1) }, at + 2];
  }
  if (letter === '%') {
    if (!fieldLetters.includes(format.charAt(at + 1) || '%'))
      throw new DateFormatProblem(at, '% without a specifier');
    return [undefined, at + 1];
  }
  if (fieldLetters.includes(letter)) {
    let end = at + 1;
    while (format[end] === letter) end += 1;
    return [{ kind: 'field', letter, count: end - at, index: at }, end];
  }
  if (/[A-Za-z]/.test(letter) && letter !== 'T' && letter !== 'Z') {
    throw new DateFormatProblem(at, `${letter} is no specifier; put text into single quotation marks`);
  }
  return [{ kind: 'literal', text: letter }, at + 1];
}

function quotedAt(format: string, start: number): [DateElement, number] {
  let text = '';
  for (let at = start + 1; at < format.length; at += 1) {
    if (format[at] === format[start]) return [{ kind: 'literal', text }, at + 1];
    if (format[at] === '\\') at += 1;
    text += format.charAt(at);
  }
  throw new DateFormatProblem(start, 'quoted text that does not end');
}
