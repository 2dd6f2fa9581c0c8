/** A pattern that cannot be matched here as .NET would. `index` counts UTF-16 code units of the pattern from 0. */
export class PatternProblem extends Error {
  override readonly name = 'PatternProblem';
  readonly index: number;
  constructor(index: number, why: string) {
    super(why);
    this.index = index;
  }
}

/** A place in a pattern that moves on as the pattern is read. */
export class PatternScanner {
  readonly pattern: string;
  at = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  get isAtEnd(): boolean {
    return this.at >= this.pattern.length;
  }

  /** The character so many places ahead, or the empty text after the end. */
  peek(ahead = 0): string {
    return this.pattern.charAt(this.at + ahead);
  }

  /** Moves over the character if it is next. */
  take(character: string): boolean {
    const isNext = this.peek() === character;
    if (isNext) this.at += 1;
    return isNext;
  }

  /**
   * Moves over the next character, of two code units where it is beyond U+FFFF.
   * @throws PatternProblem for half of one
   */
  takeCodePoint(): number {
    const code = this.pattern.codePointAt(this.at) ?? 0;
    if (isHalf(code)) throw this.problem(halfOfPair);
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  /** What a sticky expression finds here; does not move. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    return expression.exec(this.pattern) ?? undefined;
  }

  problem(why: string): PatternProblem {
    return new PatternProblem(this.at, why);
  }
}

/** Why half of a surrogate pair is refused: .NET finds it within a whole character, and the search here does not. */
export const halfOfPair = 'half of a surrogate pair is no character here';

/** Whether a number is half of a surrogate pair, not a character. */
export function isHalf(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
