import type { SourceValue } from '../../../src/identity/source-values.ts';
import { type Evaluated, parseExpression } from '../../../src/mapping/expression/expression.ts';

export type Attributes = Readonly<Record<string, SourceValue>>;

/** Everything about one evaluation; attributes that are not given are null. */
export function evaluate(text: string, attributes: Attributes = {}, now?: number): Evaluated {
  return parseExpression(text).evaluate(name => attributes[name] ?? null, { now });
}

export function resultOf(text: string, attributes: Attributes = {}, now?: number): SourceValue {
  return evaluate(text, attributes, now).value;
}

/** The message of the error that `run` throws, after its name. */
export function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was thrown');
}
