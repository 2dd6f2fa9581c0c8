import type { SourceReader } from '../../identity/source-values.ts';
import { type SearchBudget, searchBudget } from '../dotnet-pattern/pattern.ts';
import { ExpressionFailure, SyntaxProblem } from './errors.ts';
import type { CallNode, Node } from './syntax.ts';
import { textOf, type Value, wholeNumberOf } from './values.ts';

/** One evaluation of one expression, for one object. */
export interface Scope {
  readonly read: SourceReader;
  /** The instant that Now gives, in milliseconds since 1970. */
  readonly now: number;
  /** Set by IgnoreFlowIfNullOrEmpty. */
  ignored: boolean;
  /** What all patterns together may still cost. */
  readonly searching: SearchBudget;
}

export function newScope(read: SourceReader, now: number): Scope {
  return { read, now, ignored: false, searching: searchBudget() };
}

export type Evaluate = (scope: Scope) => Value;

/** One function of the language. */
export interface FunctionDefinition {
  /**
   * Names of the parameters. `name?` may be left out or be empty; `name...` at the end stands for one or more, and
   * `name?...` for any number of arguments, none of them empty.
   */
  readonly parameters: readonly string[];
  /** Differs at every evaluation. */
  readonly volatile?: true;
  /** Bare words that a parameter takes. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
  /** The first argument may be a comparison. */
  readonly takesCondition?: true;
  /** Whether the argument of this index may become the result as it is. */
  readonly passesOn?: (index: number) => boolean;
  /** Does more than give a value: never computed in advance. */
  readonly hasEffect?: true;
  /** @throws SyntaxProblem where the arguments, as written, can never work */
  readonly compile: (call: Call) => Evaluate;
}

/** An argument of a call, with the name that error texts use for it. */
export class Argument {
  readonly node: Node;
  /** Function and parameter, such as `Left, numChars`. */
  readonly label: string;
  /** The value, as computed. */
  readonly value: Evaluate;

  constructor(node: Node, label: string, value: Evaluate) {
    this.node = node;
    this.label = label;
    this.value = value;
  }

  /** @throws ExpressionFailure for a list */
  text(scope: Scope): string | null {
    const value = this.value(scope);
    if (value === null || typeof value === 'string') return value;
    if (typeof value === 'object') {
      throw this.failure('a list; pick one value with Item, or put them together with Join');
    }
    return textOf(value);
  }

  /** @throws ExpressionFailure for what is neither a whole number nor the text of one */
  integer(scope: Scope): bigint | null {
    const value = this.value(scope);
    if (value === null || typeof value === 'bigint') return value;
    const spelt = typeof value === 'string' ? wholeNumberOf(value) : undefined;
    if (spelt === undefined) throw this.failure('not a whole number');
    return spelt;
  }

  /** As {@link integer}, for counts and positions: a double, and never null. */
  count(scope: Scope): number {
    const value = this.integer(scope);
    if (value === null) throw this.failure('no value');
    return Number(value);
  }

  /** The text of a literal, or undefined for anything else. */
  get literal(): string | undefined {
    return this.node.kind === 'text' ? this.node.value : undefined;
  }

  /** Where in the expression the character of a literal stands that has this index in its value; else the argument's. */
  offsetOf(index: number): number {
    return (this.node.kind === 'text' ? this.node.offsets[index] : undefined) ?? this.node.at;
  }

  failure(what: string): ExpressionFailure {
    return new ExpressionFailure(`${this.label}: ${what}`);
  }

  problem(expected: string, why?: string): SyntaxProblem {
    const problem = why === undefined ? this.label : `${this.label}: ${why}`;
    return new SyntaxProblem(this.node.at, expected, problem);
  }
}

/** A call whose arguments are compiled and have the right number. */
export class Call {
  readonly node: CallNode;
  readonly #arguments: readonly (Argument | undefined)[];

  constructor(node: CallNode, given: readonly (Argument | undefined)[]) {
    this.node = node;
    this.#arguments = given;
  }

  /** The argument of a required parameter, by index from 0. */
  argument(index: number): Argument {
    const argument = this.#arguments[index];
    if (argument === undefined) throw new RangeError(`${this.node.name} has no argument ${index}`);
    return argument;
  }

  optional(index: number): Argument | undefined {
    return this.#arguments[index];
  }

  /** All given arguments from this index on. */
  from(index: number): readonly Argument[] {
    return this.#arguments.slice(index).filter(argument => argument !== undefined);
  }

  problem(expected: string, why: string): SyntaxProblem {
    return new SyntaxProblem(this.node.at, expected, `${this.node.name}: ${why}`);
  }
}

/** A function of one text that is null for null. */
export function ofText(parameter: string, compute: (text: string) => Value): FunctionDefinition {
  return {
    parameters: [parameter],
    compile: call => {
      const source = call.argument(0);
      return scope => {
        const text = source.text(scope);
        return text === null ? null : compute(text);
      };
    },
  };
}
