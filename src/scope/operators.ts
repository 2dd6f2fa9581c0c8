import type { SourceValue } from '../identity/source-values.ts';
import { compileIsMatch } from '../mapping/dotnet-pattern/pattern.ts';
import { PatternProblem } from '../mapping/dotnet-pattern/scanner.ts';
import type { SourceType } from '../mapping/source-attributes.ts';
import { instantOf } from './instant.ts';

/**
 * The operators of Entra's scoping filters, as its portal spells them (`Includes` in the list of operators, `INCLUDES`
 * in exported schemas: both are the same), and `IsMemberOf`, which Entra does not have for this purpose.
 */
export const operators = [
  'EQUALS',
  'NOT EQUALS',
  'INCLUDES',
  'Includes',
  'ENDS_WITH',
  'REGEX MATCH',
  'NOT REGEX MATCH',
  'IS NULL',
  'IS NOT NULL',
  'IS TRUE',
  'IS FALSE',
  'Greater_Than',
  'Greater_Than_OR_EQUALS',
  '&',
  '!&',
  'IsMemberOf',
] as const;

export type Operator = (typeof operators)[number];
/** The operators that look at an attribute. */
export type AttributeOperator = Exclude<Operator, 'IsMemberOf'>;

export type Test = (value: SourceValue) => boolean;

/** Says what is wrong with the value of a clause and what is allowed. */
export class OperandError extends Error {
  override readonly name = 'OperandError';
}

interface Definition {
  readonly types: readonly SourceType[];
  /** What to use instead, for a type that the operator is not for. */
  readonly instead?: string;
  readonly operand: 'none' | 'one';
  /** @throws {OperandError} */
  compile(type: SourceType, operand: string | number | undefined): Test;
}

const EVERY: readonly SourceType[] = ['string', 'integer', 'boolean', 'date', 'strings'];
const TEXTS: readonly SourceType[] = ['string', 'integer', 'strings'];
const ORDERED: readonly SourceType[] = ['string', 'integer', 'date', 'strings'];
const textsOnly = 'it compares texts; booleans have IS TRUE and IS FALSE, dates Greater_Than';
const numbersOnly = 'it needs whole numbers';

/**
 * What each operator means. The rules that hold for all of them are in {@link someValue} and {@link noValue}: no value,
 * or none that the operator could compare, makes every clause false but IS NULL; of several values one is enough, and
 * for a negated operator none may satisfy the positive one.
 *
 * Sources: Microsoft Learn, "Scoping users or groups to be provisioned with scoping filters", and the operators' types
 * in Microsoft Graph's synchronizationSchema: filterOperators. Case counts where Microsoft says so, and for ENDS_WITH
 * and REGEX MATCH, where it does not say.
 */
const DEFINITIONS: Readonly<Record<AttributeOperator, Definition>> = {
  EQUALS: { ...equality(someValue), instead: textsOnly },
  'NOT EQUALS': { ...equality(noValue), instead: textsOnly },
  INCLUDES: includes(),
  Includes: includes(),
  ENDS_WITH: texts((value, end) => value.endsWith(end)),
  'REGEX MATCH': regex(someValue),
  'NOT REGEX MATCH': regex(noValue),
  'IS NULL': { types: EVERY, operand: 'none', compile: () => value => value === null },
  'IS NOT NULL': { types: EVERY, operand: 'none', compile: () => value => value !== null },
  'IS TRUE': boolean(true),
  'IS FALSE': boolean(false),
  Greater_Than: ordered((a, b) => a > b),
  Greater_Than_OR_EQUALS: ordered((a, b) => a >= b),
  // Microsoft names these two without saying what they do to a number: any common bit is our reading of the names.
  '&': bits(someValue),
  '!&': bits(noValue),
};

/** Compiles a clause about an attribute of the given type. @throws {OperandError} */
export function compileTest(
  operator: AttributeOperator,
  type: SourceType,
  operand: string | number | undefined,
): Test {
  return DEFINITIONS[operator].compile(type, operand);
}

/** Why the operator cannot be used on attributes of that type, or undefined where it can. */
export function whyNotFor(operator: AttributeOperator, type: SourceType): string | undefined {
  const { types, instead } = DEFINITIONS[operator];
  if (types.includes(type)) return undefined;
  return `${operator} is not for an attribute of type ${type}${instead === undefined ? '' : `: ${instead}`}`;
}

/** Whether a clause with this operator has a value. */
export function takesOperand(operator: AttributeOperator): boolean {
  return DEFINITIONS[operator].operand === 'one';
}

type Scalar = string | number | boolean;
/** Joins the answers for single values; `comparable` gives undefined for what the operator cannot compare. */
type Quantifier = <T>(comparable: (value: Scalar) => T | undefined, holds: (value: T) => boolean) => Test;

function someValue<T>(comparable: (value: Scalar) => T | undefined, holds: (value: T) => boolean): Test {
  return value => comparables(value, comparable).some(holds);
}

function noValue<T>(comparable: (value: Scalar) => T | undefined, holds: (value: T) => boolean): Test {
  return value => {
    const found = comparables(value, comparable);
    return found.length > 0 && !found.some(holds);
  };
}

function comparables<T>(value: SourceValue, comparable: (value: Scalar) => T | undefined): T[] {
  const values: readonly Scalar[] = value === null ? [] : typeof value === 'object' ? value : [value];
  return values.flatMap(each => {
    const found = each === '' ? undefined : comparable(each);
    return found === undefined ? [] : [found];
  });
}

function equality(quantify: Quantifier): Definition {
  return {
    types: TEXTS,
    operand: 'one',
    compile: (type, operand) => {
      if (type === 'integer') {
        const wanted = wholeOperand(operand);
        return quantify(wholeNumber, value => value === wanted);
      }
      const wanted = textOperand(operand);
      return quantify(asText, value => value === wanted);
    },
  };
}

function texts(holds: (value: string, operand: string) => boolean): Definition {
  return {
    types: TEXTS,
    instead: textsOnly,
    operand: 'one',
    compile: (type, operand) => {
      const wanted = type === 'integer' ? String(wholeOperand(operand)) : textOperand(operand);
      return someValue(asText, value => holds(value, wanted));
    },
  };
}

function includes(): Definition {
  return texts((value, part) => value.includes(part));
}

function regex(quantify: Quantifier): Definition {
  return {
    types: TEXTS,
    instead: textsOnly,
    operand: 'one',
    compile: (_type, operand) => {
      try {
        return quantify(asText, compileIsMatch(textOperand(operand)));
      } catch (cause) {
        if (!(cause instanceof PatternProblem)) throw cause;
        throw new OperandError(`character ${cause.index + 1} of the pattern: ${cause.message}`, { cause });
      }
    },
  };
}

function boolean(wanted: boolean): Definition {
  return {
    types: ['boolean'],
    instead: 'it is for booleans; compare a text that says true with EQUALS',
    operand: 'none',
    compile: () => value => value === wanted,
  };
}

/** Whole numbers, and instants, which Entra cannot compare. */
function ordered(holds: (value: bigint | number, operand: bigint | number) => boolean): Definition {
  return {
    types: ORDERED,
    instead: 'it needs whole numbers or dates',
    operand: 'one',
    compile: (type, operand) => {
      if (type !== 'date') {
        const wanted = wholeOperand(operand);
        return someValue(wholeNumber, value => holds(value, wanted));
      }
      const wanted = typeof operand === 'string' ? instantOf(operand) : undefined;
      if (wanted === undefined)
        throw new OperandError(
          'the value must be a date such as "2026-01-31" or a time with its offset such as "2026-01-31T08:00:00Z"',
        );
      return someValue(instant, value => holds(value, wanted));
    },
  };
}

function bits(quantify: Quantifier): Definition {
  return {
    types: TEXTS,
    instead: numbersOnly,
    operand: 'one',
    compile: (_type, operand) => {
      const mask = wholeOperand(operand);
      if (mask <= 0n)
        throw new OperandError('the value must be a whole number above 0: it names the bits to look at');
      return quantify(wholeNumber, value => (value & mask) !== 0n);
    },
  };
}

function asText(value: Scalar): string | undefined {
  return typeof value === 'boolean' ? undefined : String(value);
}

/** As a bigint: numbers of 64 bits, and bit tests above bit 31, are beyond JavaScript's numbers. */
function wholeNumber(value: Scalar): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

function instant(value: Scalar): number | undefined {
  return typeof value === 'string' ? instantOf(value) : undefined;
}

function wholeOperand(operand: string | number | undefined): bigint {
  const whole = operand === undefined ? undefined : wholeNumber(operand);
  if (whole === undefined)
    throw new OperandError(
      'the value must be a whole number such as 1000, of at most 19 digits; one above 2^53 in quotes',
    );
  return whole;
}

function textOperand(operand: string | number | undefined): string {
  if (typeof operand !== 'string') throw new OperandError('the value must be a text: write it in quotes');
  if (operand === '') throw new OperandError('an empty text equals nothing: use IS NULL or IS NOT NULL');
  return operand;
}
