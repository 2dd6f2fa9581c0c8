import type { PrincipalKind } from '../identity/principal.ts';
import { present, type SourceReader, type SourceValue } from '../identity/source-values.ts';
import { MappingError, MappingFailure } from './attribute-mapping-errors.ts';
import { ExpressionFailure, ExpressionSyntaxError } from './expression/errors.ts';
import { type Expression, parseExpression } from './expression/expression.ts';
import { sourceAttribute, whyNoSourceAttribute } from './source-attributes.ts';

/** What one object gives for one target attribute. */
export interface Flow {
  /** Null: no value; the empty string and the empty list count as none. */
  readonly value: SourceValue;
  /** The expression asked to leave the target alone. */
  readonly ignored: boolean;
}

/** Where the value of a target attribute comes from. */
export interface ValueSource {
  readonly kind: 'direct' | 'constant' | 'expression' | 'none';
  /** Source attributes that it reads. */
  readonly attributes: readonly string[];
  /** Functions in it that differ at every evaluation. */
  readonly volatile: readonly string[];
  /** Its values must not appear in logs. */
  readonly redacts: boolean;
  readonly expression?: Expression;
  /** @throws {MappingFailure} when this object has no value that could be computed. */
  flow(read: SourceReader): Flow;
}

/** Exactly one of them is given. */
export interface SourceProperties {
  /** Direct: the value of this source attribute. */
  readonly source?: string;
  /** The same text for every object. */
  readonly constant?: string;
  /** In the expression language of Entra's mappings. */
  readonly expression?: string;
  /** The target is left alone. */
  readonly none?: true;
}

const SOURCES = ['source', 'constant', 'expression', 'none'] as const;
const FIXED = { attributes: [], volatile: [], redacts: false };

/** @throws {MappingError} */
export function valueSource(
  kind: PrincipalKind,
  rule: SourceProperties,
  index: number,
  target: string,
): ValueSource {
  const given = SOURCES.filter(property => rule[property] !== undefined);
  const [one, another] = given;
  if (one === undefined || another !== undefined) {
    const found = one === undefined ? 'none of them is there' : `${given.join(' and ')} are there`;
    const property = another ?? 'target';
    throw new MappingError([index, property], `exactly one of ${SOURCES.join(', ')} is needed; ${found}`);
  }
  if (rule.source !== undefined) return direct(kind, rule.source, index);
  if (rule.expression !== undefined) return computed(kind, rule.expression, index, target);
  if (rule.constant === undefined)
    return { ...FIXED, kind: 'none', flow: () => ({ value: null, ignored: false }) };
  if (rule.constant === '')
    throw new MappingError([index, 'constant'], 'an empty constant is no value; use none: true');
  const flow: Flow = { value: rule.constant, ignored: false };
  return { ...FIXED, kind: 'constant', flow: () => flow };
}

function direct(kind: PrincipalKind, attribute: string, index: number): ValueSource {
  assertKnown(kind, attribute, [index, 'source']);
  return {
    ...FIXED,
    kind: 'direct',
    attributes: [attribute],
    flow: read => ({ value: present(read(attribute)), ignored: false }),
  };
}

function computed(kind: PrincipalKind, text: string, index: number, target: string): ValueSource {
  const expression = parsed(text, index);
  for (const attribute of expression.attributes) assertKnown(kind, attribute, [index, 'expression']);
  return {
    kind: 'expression',
    attributes: expression.attributes,
    volatile: expression.volatile,
    // Whether Redact was applied is known per object only; a log must not wait for the first one.
    redacts: /Redact/.test(text),
    expression,
    flow: read => {
      try {
        const { value, ignored } = expression.evaluate(read);
        return { value: present(value), ignored };
      } catch (cause) {
        if (!(cause instanceof ExpressionFailure)) throw cause;
        throw new MappingFailure('MappingExpressionFailed', target, cause.message, { cause });
      }
    },
  };
}

function parsed(text: string, index: number): Expression {
  try {
    return parseExpression(text);
  } catch (cause) {
    if (!(cause instanceof ExpressionSyntaxError)) throw cause;
    throw new MappingError([index, 'expression'], cause.message, { cause });
  }
}

function assertKnown(kind: PrincipalKind, attribute: string, path: readonly (string | number)[]): void {
  if (sourceAttribute(kind, attribute) === undefined)
    throw new MappingError(path, whyNoSourceAttribute(kind, attribute));
}
