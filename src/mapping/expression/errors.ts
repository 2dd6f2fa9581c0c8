/** The text is no expression of this language, or one that is refused: found before any object is read. */
export class ExpressionSyntaxError extends Error {
  override readonly name = 'ExpressionSyntaxError';
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  readonly column: number;
  /** What would be right at that place. */
  readonly expected: string;
  constructor(at: { line: number; column: number }, expected: string, problem?: string) {
    const found = problem === undefined ? '' : `${problem}; `;
    super(`line ${at.line}, column ${at.column}: ${found}expected ${expected}`);
    this.line = at.line;
    this.column = at.column;
    this.expected = expected;
  }
}

/** The value of one object cannot be computed. The text names function and parameter, and carries no attribute value. */
export class ExpressionFailure extends Error {
  override readonly name = 'ExpressionFailure';
}

/** A syntax error on its way to whoever knows the whole text. `offset` counts UTF-16 code units from 0. */
export class SyntaxProblem extends Error {
  override readonly name = 'SyntaxProblem';
  readonly offset: number;
  readonly expected: string;
  readonly problem: string | undefined;
  constructor(offset: number, expected: string, problem?: string) {
    super(expected);
    this.offset = offset;
    this.expected = expected;
    this.problem = problem;
  }
}
