import { literal, takeClass, takeEscaped, takeSet } from './characters.ts';
import { PatternProblem, PatternScanner } from './scanner.ts';

/** A .NET pattern in the syntax of RE2, with what the two count differently. */
export interface Translation {
  readonly re2: string;
  /** Names of the groups in RE2's order; undefined for an unnamed one. */
  readonly groups: readonly (string | undefined)[];
  /** Has `\Z`, or `$` without `(?m)`, which .NET also matches before a last line break. */
  readonly usesEnd: boolean;
  /** Where something first follows such an end: an index in the pattern. */
  readonly afterEnd: number | undefined;
}

/** What a part of a pattern matches: a place between characters, at least one character, or perhaps nothing. */
type Atom = 'position' | 'filled' | 'empty';

const deepestGroups = 100;
/** RE2's own limit. */
const mostRepeats = 1000;

/** The kind, or least, comma and most. A brace of another form is an ordinary character, as in .NET. */
const quantifier = /(?:([*+?])|\{(\d+)(,)?(\d*)\})\??/y;
const quantifierStart = /[*+?]|\{\d+(?:,\d*)?\}/y;
const groupStart = /\(\?(?:<([\p{L}\p{Nd}_]+)>|'([\p{L}\p{Nd}_]+)'|([is]*(?:-[is]+)?)(:|\)))/uy;

const unsupportedGroups: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/y, 'lookaround cannot be matched in linear time'],
  [/\(\?>/y, 'atomic groups cannot be matched in linear time'],
  [/\(\?\(/y, 'conditional groups cannot be matched in linear time'],
  [/\(\?[<'][\p{L}\p{Nd}_]*-/uy, 'balancing groups cannot be matched in linear time'],
  [/\(\?[<']\d/y, 'groups that are named by a number are not supported; give the group a name'],
  [/\(\?#/y, 'comments are not supported'],
  [
    /\(\?[a-z]*-?[a-z]*[mnx]/y,
    'of the inline options only i and s are supported, and (?m) as the start of the pattern',
  ],
];
/** Only where it holds for the whole pattern does `$` mean one thing in it. */
const multiline = /\(\?[is]*m[is]*\)/y;

/**
 * Reads a pattern as .NET does (Microsoft Learn, "Regular expression language - quick reference") and writes it for
 * RE2. What RE2 cannot do, or would do differently, is refused.
 * @param end what RE2 gets for `\Z`, and for `$` without `(?m)`
 * @throws PatternProblem
 */
export function translate(pattern: string, end: string): Translation {
  return new Translator(pattern, end).whole();
}

class Translator {
  readonly #scanner: PatternScanner;
  readonly #groups: (string | undefined)[] = [];
  readonly #end: string;
  #isMultiline = false;
  #depth = 0;
  #ends = 0;
  #afterEnd: number | undefined;
  #re2 = '';

  constructor(pattern: string, end: string) {
    this.#scanner = new PatternScanner(pattern);
    this.#end = end;
  }

  whole(): Translation {
    const options = this.#scanner.match(multiline);
    if (options !== undefined) {
      this.#skip(options[0].length, 'position', options[0]);
      this.#isMultiline = true;
    }
    this.#alternatives();
    if (!this.#scanner.isAtEnd) throw this.#scanner.problem('a closing parenthesis without an opening one');
    return { re2: this.#re2, groups: this.#groups, usesEnd: this.#ends > 0, afterEnd: this.#afterEnd };
  }

  /** @returns whether the empty text matches */
  #alternatives(): boolean {
    let mayBeEmpty = this.#sequence();
    while (this.#scanner.take('|')) {
      this.#re2 += '|';
      mayBeEmpty = this.#sequence() || mayBeEmpty;
    }
    return mayBeEmpty;
  }

  #sequence(): boolean {
    let mayBeEmpty = true;
    const ends = this.#ends;
    while (!this.#scanner.isAtEnd && !/[|)]/.test(this.#scanner.peek())) {
      if (this.#ends > ends) this.#afterEnd ??= this.#scanner.at;
      mayBeEmpty = this.#quantified() && mayBeEmpty;
    }
    return mayBeEmpty;
  }

  #quantified(): boolean {
    if (this.#scanner.match(quantifierStart) !== undefined) throw this.#nothingToRepeat();
    const ends = this.#ends;
    const atom = this.#atom();
    const given = this.#scanner.match(quantifier);
    if (given === undefined) return atom !== 'filled';
    if (atom === 'position') throw this.#nothingToRepeat();
    const [least, most] = limitsOf(given);
    this.#checkLimits(least, most, atom);
    if (most > 1 && this.#ends > ends) this.#afterEnd ??= this.#scanner.at;
    this.#scanner.at += given[0].length;
    if (this.#scanner.match(quantifierStart) !== undefined) {
      throw this.#scanner.problem('a quantifier after a quantifier; .NET has no possessive ones');
    }
    this.#re2 += given[0];
    return least === 0 || atom === 'empty';
  }

  #nothingToRepeat(): PatternProblem {
    return this.#scanner.problem('a quantifier that follows nothing');
  }

  #checkLimits(least: number, most: number, atom: Atom): void {
    if (most < least) throw this.#scanner.problem('the upper limit is below the lower one');
    if (least > mostRepeats || (most > mostRepeats && Number.isFinite(most))) {
      throw this.#scanner.problem(`more than ${mostRepeats} repetitions`);
    }
    if (atom === 'empty' && most > 1) {
      throw this.#scanner.problem(
        'a repetition of what may be empty means different things in .NET and here',
      );
    }
  }

  #atom(): Atom {
    switch (this.#scanner.peek()) {
      case '(':
        return this.#group();
      case '[':
        return this.#add('filled', takeClass(this.#scanner));
      case '\\':
        return this.#escape();
      case '^':
        return this.#skip(1, 'position', '^');
      case '$':
        return this.#isMultiline ? this.#skip(1, 'position', '$') : this.#textEnd(1);
      case '.':
        return this.#skip(1, 'filled', '.');
      default:
        return this.#add('filled', literal(this.#scanner.takeCodePoint()));
    }
  }

  #escape(): Atom {
    switch (this.#scanner.peek(1)) {
      case 'A':
        return this.#skip(2, 'position', '\\A');
      case 'Z':
        return this.#textEnd(2);
      case 'z':
        return this.#skip(2, 'position', '\\z');
      case 'b':
      case 'B':
        throw this.#scanner.problem(
          '\\b and \\B would find the borders of ASCII words only; write (?:^|\\W) and (?:\\W|$)',
        );
      case 'G':
        throw this.#scanner.problem('\\G, the end of the match before, is not supported');
      default:
        return this.#add('filled', takeSet(this.#scanner) ?? literal(takeEscaped(this.#scanner)));
    }
  }

  #group(): Atom {
    for (const [construct, why] of unsupportedGroups) {
      if (this.#scanner.match(construct) !== undefined) throw this.#scanner.problem(why);
    }
    const special = this.#scanner.match(groupStart);
    if (special === undefined && this.#scanner.peek(1) === '?')
      throw this.#scanner.problem('an unknown kind of group');
    const start = this.#scanner.at;
    const [opening = '(', angled, quoted, options = '', end] = special ?? [];
    if (end === ')') return this.#skip(opening.length, 'position', options === '' ? '' : `(?${options})`);
    if (end === undefined) this.#addGroup(angled ?? quoted);
    this.#skip(opening.length, 'position', end === ':' ? `(?${options}:` : '(');
    this.#depth += 1;
    if (this.#depth > deepestGroups)
      throw this.#scanner.problem(`more than ${deepestGroups} groups within each other`);
    const mayBeEmpty = this.#alternatives();
    this.#depth -= 1;
    if (!this.#scanner.take(')')) throw new PatternProblem(start, 'this group does not end');
    return this.#add(mayBeEmpty ? 'empty' : 'filled', ')');
  }

  #textEnd(length: number): Atom {
    this.#ends += 1;
    return this.#skip(length, 'position', this.#end);
  }

  #addGroup(name: string | undefined): void {
    if (name !== undefined && this.#groups.includes(name)) {
      throw this.#scanner.problem('two groups of one name are not supported');
    }
    this.#groups.push(name);
  }

  #skip(length: number, atom: Atom, re2: string): Atom {
    this.#scanner.at += length;
    return this.#add(atom, re2);
  }

  #add(atom: Atom, re2: string): Atom {
    this.#re2 += re2;
    return atom;
  }
}

function limitsOf([, kind, least, comma, most]: RegExpExecArray): readonly [least: number, most: number] {
  if (kind !== undefined) return [kind === '+' ? 1 : 0, kind === '?' ? 1 : Number.POSITIVE_INFINITY];
  if (comma === undefined) return [Number(least), Number(least)];
  return [Number(least), most ? Number(most) : Number.POSITIVE_INFINITY];
}
