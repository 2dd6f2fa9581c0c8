import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A regular expression that cannot be used, why, and where it matters at which character of it (1-based). */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/**
 * What .NET calls a word character, a digit and white space (Microsoft Learn, "Character classes in regular
 * expressions"): in every alphabet, where RE2 means ASCII. As the inside of a class, and its complement likewise.
 */
const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}',
  W: '\\p{Mc}\\p{Me}\\p{Nl}\\p{No}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\p{S}\\p{Z}\\p{C}',
  s: '\\x{9}-\\x{d}\\x{85}\\p{Z}',
  S: [
    '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}',
    '\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}',
  ].join(''),
};

const CONTROLS = 'afnrtv';
/** .NET's `$` and `\Z`: the end, or the line feed that ends the text. */
const END = '(?:\\n?\\z)';
const CATEGORY = /^[pP]\{(?:L[ulmto]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?)\}/;

const REFUSED_GROUPS: readonly (readonly [start: RegExp, what: string])[] = [
  [/^\(\?[=!]/, 'a lookahead'],
  [/^\(\?<[=!]/, 'a lookbehind'],
  [/^\(\?>/, 'an atomic group'],
  [/^\(\?\(/, 'a conditional group'],
  [/^\(\?#/, 'a comment'],
  [/^\(\?(?:<\w*-|'\w*-)/, 'a balancing group'],
];

/**
 * Compiles a regular expression as .NET reads it, for the question whether it matches anywhere in a text
 * (`Regex.IsMatch`), in time linear in the text. Constructs that only a backtracking engine has are refused, and those
 * that RE2 reads differently are translated: classes of characters, `$`, `\Z`, named groups, `[` inside a class.
 *
 * One difference stays: a character outside the Basic Multilingual Plane counts as one, not as two.
 *
 * @returns whether a text matches
 * @throws {PatternError}
 */
export function compilePattern(pattern: string): (text: string) => boolean {
  const translated = translate(pattern);
  try {
    const compiled = RE2JS.compile(translated);
    return text => compiled.test(text);
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause;
    throw new PatternError(`the pattern cannot be read: ${cause.getDescription()}`, { cause });
  }
}

function translate(pattern: string): string {
  // .NET's (?m) changes what $ means; told apart from the rest only where it holds for the whole pattern.
  const multiline = /^\(\?[is]*m[is]*\)/.exec(pattern)?.[0];
  let translated = multiline ?? '';
  let at = translated.length;
  while (at < pattern.length) {
    const [text, length] = step(pattern, at, multiline !== undefined);
    translated += text;
    at += length;
  }
  return translated;
}

type Step = readonly [text: string, length: number];

function step(pattern: string, at: number, multiline: boolean): Step {
  const character = pattern[at] ?? '';
  if (character === '\\') return escaped(pattern, at);
  if (character === '[') return characterClass(pattern, at);
  if (character === '(') return group(pattern, at);
  if (character === '$') return [multiline ? '$' : END, 1];
  return [character, 1];
}

function escaped(pattern: string, at: number): Step {
  const character = pattern[at + 1] ?? '';
  const inside = CLASS_ESCAPES[character];
  if (inside !== undefined) return [`[${inside}]`, 2];
  if (character === 'A' || character === 'z') return [`\\${character}`, 2];
  if (character === 'Z') return [END, 2];
  if (character === 'b' || character === 'B')
    refuse(at, `\\${character}`, 'write (?:^|\\W) and (?:\\W|$) where a word begins and ends');
  if (character === 'G') refuse(at, '\\G');
  return literal(pattern, at);
}

/** An escape that means the same inside and outside of a class. */
function literal(pattern: string, at: number): Step {
  const rest = pattern.slice(at + 1);
  const character = rest[0] ?? '';
  if (character !== '' && CONTROLS.includes(character)) return [`\\${character}`, 2];
  if (character === 'e') return ['\\x{1b}', 2];
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(rest);
  if (code !== null) {
    const hex = code[1] ?? code[2] ?? '';
    if (/^d[89a-f]/i.test(hex) && hex.length === 4) refuse(at, 'half of a surrogate pair');
    return [`\\x{${hex}}`, 1 + code[0].length];
  }
  const category = CATEGORY.exec(rest);
  if (category !== null) return [`\\${category[0]}`, 1 + category[0].length];
  if (/^[pP]/.test(rest))
    refuse(at, 'this \\p', 'general categories such as \\p{Lu} can be used, blocks cannot');
  if (/^[0-9k]/.test(rest)) refuse(at, 'a backreference or an octal number');
  if (character === '' || /[\w\u0080-\uffff]/.test(character)) refuse(at, `\\${character}`);
  return [`\\${character}`, 2];
}

function characterClass(pattern: string, start: number): Step {
  let at = start + 1;
  let text = '[';
  if (pattern[at] === '^') {
    text += '^';
    at += 1;
  }
  for (const first = at; at < pattern.length; ) {
    const character = pattern[at] ?? '';
    if (character === ']' && at > first) return [`${text}]`, at + 1 - start];
    if (character === '-' && pattern[at + 1] === '[') refuse(at, 'a class subtracted from a class');
    const [next, length] = insideClass(pattern, at);
    text += next;
    at += length;
  }
  throw new PatternError(`the class that begins at character ${start + 1} of the pattern has no end`);
}

function insideClass(pattern: string, at: number): Step {
  const character = pattern[at] ?? '';
  // In .NET it is a bracket; RE2 would take [: for the start of a POSIX class.
  if (character === '[') return ['\\[', 1];
  if (character !== '\\') return [character, 1];
  const escaping = pattern[at + 1] ?? '';
  if (escaping === 'b') return ['\\x{8}', 2];
  const inside = CLASS_ESCAPES[escaping];
  return inside === undefined ? literal(pattern, at) : [inside, 2];
}

function group(pattern: string, at: number): Step {
  const rest = pattern.slice(at);
  if (!rest.startsWith('(?')) return ['(', 1];
  for (const [start, what] of REFUSED_GROUPS) if (start.test(rest)) refuse(at, what);
  const named = /^\(\?(?:<\w+>|'\w+')/.exec(rest);
  // Nothing asks for what a group caught.
  if (named !== null) return ['(?:', named[0].length];
  const options = /^\(\?(?:[is]+(?:-[is]+)?|-[is]+)?[:)]/.exec(rest);
  if (options !== null) return [options[0], options[0].length];
  return refuse(
    at,
    'this group',
    'i and s can be switched on and off anywhere, m at the start of the pattern only, n and x not at all',
  );
}

function refuse(at: number, what: string, instead?: string): never {
  const hint = instead === undefined ? '' : `; ${instead}`;
  const reason = 'is not possible in a search whose time is bounded by the length of the text';
  throw new PatternError(`${what} at character ${at + 1} of the pattern ${reason}${hint}`);
}
