import { now } from '../../identity/clock.ts';
import { placeIn } from '../../identity/place-in-text.ts';
import type { SourceReader, SourceValue } from '../../identity/source-values.ts';
import { compile } from './compile.ts';
import { newScope } from './definition.ts';
import { ExpressionSyntaxError, SyntaxProblem } from './errors.ts';
import { functionNamed } from './functions/all.ts';
import { parse } from './parse.ts';
import { everyNode } from './syntax.ts';
import { resultOf } from './values.ts';

/** What an expression gives for one object. */
export interface Evaluated {
  /** Booleans as the texts "True" and "False", as everywhere in this language. */
  readonly value: SourceValue;
  /** IgnoreFlowIfNullOrEmpty dropped the attribute: neither set nor cleared. */
  readonly ignored: boolean;
  /** Redact stands somewhere in the expression: the value must not be shown. */
  readonly redacted: boolean;
}

/** An expression of Entra's attribute-mapping language, checked. docs/expressions.md says what it may contain. */
export interface Expression {
  readonly text: string;
  /** Source attributes it reads, as written, without duplicates. */
  readonly attributes: readonly string[];
  /** Names of the functions in it that differ at every evaluation (Now, Guid, RandomString), without duplicates. */
  readonly volatile: readonly string[];
  /**
   * The value for one object. Reads attributes of the whole object, changed or not.
   * @param context `now`: the instant that Now gives, in milliseconds since 1970; default: the clock
   * @throws ExpressionFailure when the value of this object cannot be computed (wrong type, malformed date, over a
   * size limit). The texts carry no attribute values.
   */
  evaluate(read: SourceReader, context?: { readonly now?: number }): Evaluated;
}

/**
 * Reads an expression as Entra's portal takes it.
 * @example parseExpression('Join(" ", [givenName], [surname])').evaluate(read).value
 * @throws ExpressionSyntaxError with line, column and what was expected; also for functions, patterns and formats that
 * are refused, each with its reason
 */
export function parseExpression(text: string): Expression {
  try {
    return expressionOf(text);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    throw new ExpressionSyntaxError(placeIn(text, error.offset), error.expected, error.problem);
  }
}

function expressionOf(text: string): Expression {
  const root = parse(text);
  const compute = compile(root);
  const nodes = [...everyNode(root)];
  const calls = nodes.filter(node => node.kind === 'call');
  const redacted = calls.some(call => call.name === 'Redact');
  const volatile = calls.filter(call => functionNamed(call).volatile).map(call => call.name);
  const attributes = nodes.filter(node => node.kind === 'attribute').map(node => node.name);
  return {
    text,
    attributes: [...new Set(attributes)],
    volatile: [...new Set(volatile)],
    evaluate: (read, context) => {
      const scope = newScope(read, context?.now ?? now());
      const value = compute(scope);
      return { value: resultOf(value), ignored: scope.ignored, redacted };
    },
  };
}
