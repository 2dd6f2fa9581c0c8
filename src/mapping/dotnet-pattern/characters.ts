import { halfOfPair, isHalf, PatternProblem, type PatternScanner } from './scanner.ts';

const space =
  '\\t-\\r\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}';
const notSpace =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}' +
  '\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}';
const word = '\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}';
const notWord = '\\p{Mc}\\p{Me}\\p{Nl}\\p{No}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\p{S}\\p{Z}\\p{C}';

/**
 * As the inside of a class. All of Unicode, as .NET means them (Microsoft Learn, "Character classes in regular
 * expressions"); RE2's own are of ASCII.
 */
const sets = new Map([
  ['d', '\\p{Nd}'],
  ['D', '\\P{Nd}'],
  ['w', word],
  ['W', notWord],
  ['s', space],
  ['S', notSpace],
]);

/** Without Cn, which shrinks with every version of Unicode, Cs, halves of characters, and C, which holds both. */
const categories = /^(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo])$/;

const controls = new Map([
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
  ['a', 7],
  ['e', 27],
]);

/** Moves over `\d`, `\w`, `\p{L}` and their like, if one is next. @returns a class in RE2's syntax */
export function takeSet(scanner: PatternScanner): string | undefined {
  const set = takeInnerSet(scanner);
  return set === undefined ? undefined : `[${set}]`;
}

function takeInnerSet(scanner: PatternScanner): string | undefined {
  if (scanner.peek() !== '\\') return undefined;
  const set = sets.get(scanner.peek(1));
  if (set !== undefined) {
    scanner.at += 2;
    return set;
  }
  const letter = scanner.match(/\\([pP])/y)?.[1];
  if (letter === undefined) return undefined;
  const [whole, name = ''] = scanner.match(/\\[pP]\{(\w+)\}/y) ?? [];
  if (whole === undefined || !categories.test(name)) {
    throw scanner.problem(
      '\\p takes a general category of letters, marks, numbers, punctuation, symbols or separators, such as \\p{Lu}',
    );
  }
  scanner.at += whole.length;
  return `\\${letter}{${name}}`;
}

/** Moves over an escape that stands for one character. @returns its code point */
export function takeEscaped(scanner: PatternScanner): number {
  const hex = scanner.match(/\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|c([A-Za-z]))/y);
  if (hex !== undefined) {
    const [, byte, unit, control] = hex;
    const code =
      control === undefined
        ? Number.parseInt(byte ?? unit ?? '', 16)
        : control.toUpperCase().charCodeAt(0) - 64;
    if (isHalf(code)) throw scanner.problem(halfOfPair);
    scanner.at += hex[0].length;
    return code;
  }
  const letter = scanner.peek(1);
  if (/[0-9k]/.test(letter)) {
    throw scanner.problem(
      'backreferences cannot be matched in linear time, and octal escapes look like them',
    );
  }
  const control = controls.get(letter);
  if (control === undefined && (letter === '' || /[\w\u0080-\uffff]/.test(letter))) {
    throw scanner.problem(`\\${letter} is no escape of .NET, or none that is supported`);
  }
  scanner.at += 1;
  const itself = scanner.takeCodePoint();
  return control ?? itself;
}

/** Moves over a class in brackets. @returns it in RE2's syntax */
export function takeClass(scanner: PatternScanner): string {
  const start = scanner.at;
  scanner.at += 1;
  let re2 = scanner.take('^') ? '[^' : '[';
  for (let isFirst = true; isFirst || !scanner.take(']'); isFirst = false) {
    if (scanner.isAtEnd) throw new PatternProblem(start, 'this class does not end');
    refuseInClass(scanner);
    re2 += takeInnerSet(scanner) ?? takeRange(scanner);
  }
  return `${re2}]`;
}

function refuseInClass(scanner: PatternScanner): void {
  if (scanner.match(/-\[/y) !== undefined)
    throw scanner.problem('the subtraction of classes is not supported');
}

/** One character, or a range. After a set or a range a hyphen stands for itself, as it does first and last. */
function takeRange(scanner: PatternScanner): string {
  const start = scanner.at;
  const from = takeClassCharacter(scanner);
  const isRange = scanner.peek() === '-' && scanner.peek(1) !== ']' && scanner.peek(1) !== '';
  if (!isRange) return hexadecimal(from);
  refuseInClass(scanner);
  scanner.at += 1;
  if (scanner.match(/\\[dDwWsSpP]/y) !== undefined) throw scanner.problem('a range cannot end in a set');
  const to = takeClassCharacter(scanner);
  if (to < from) throw new PatternProblem(start, 'a range in reverse order');
  return `${hexadecimal(from)}-${hexadecimal(to)}`;
}

function takeClassCharacter(scanner: PatternScanner): number {
  if (scanner.peek() !== '\\') return scanner.takeCodePoint();
  if (scanner.peek(1) !== 'b') return takeEscaped(scanner);
  scanner.at += 2;
  return 8;
}

/** A code point in RE2's syntax, without any special meaning. */
export function literal(code: number): string {
  const character = String.fromCodePoint(code);
  return /[\p{L}\p{Nd}]/u.test(character) ? character : hexadecimal(code);
}

function hexadecimal(code: number): string {
  return `\\x{${code.toString(16)}}`;
}
