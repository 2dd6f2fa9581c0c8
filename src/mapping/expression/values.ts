import type { SourceValue } from '../../identity/source-values.ts';
import { ExpressionFailure } from './errors.ts';

/**
 * A value while an expression is computed. Whole numbers are bigint, because FILETIME values do not fit a double;
 * `number` is for decimals only. Dates are text, as they are between the functions of Entra. No list is empty.
 */
export type Value = string | bigint | number | boolean | readonly string[] | null;

/** The longest text that a function may give, in UTF-16 code units; for lists, of all items together. */
export const longestText = 100_000;

/** @throws ExpressionFailure for numbers that a double cannot hold exactly, and for values beyond the size limit */
export function fromSource(source: SourceValue, attribute: string): Value {
  if (typeof source === 'number') return numberOf(source, attribute);
  if (source === null || typeof source === 'boolean') return source;
  return withinSize(typeof source === 'string' ? source : listOf(source), `[${attribute}]`);
}

function numberOf(source: number, attribute: string): Value {
  if (!Number.isFinite(source)) throw new ExpressionFailure(`[${attribute}]: not a number`);
  if (!Number.isInteger(source)) return source;
  if (Number.isSafeInteger(source)) return BigInt(source);
  throw new ExpressionFailure(`[${attribute}]: a number too large to be read exactly`);
}

/** The list, or null where nothing is in it. */
export function listOf(items: readonly string[]): readonly string[] | null {
  return items.length === 0 ? null : items;
}

/**
 * The value as the result of a mapping: booleans as the texts "True" and "False", as everywhere in this language;
 * whole numbers beyond 2^53 as digits.
 */
export function resultOf(value: Value): SourceValue {
  if (typeof value === 'boolean') return textOf(value);
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** The invariant text of a single value. */
export function textOf(value: string | bigint | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return String(value);
}

/** Whether there is nothing to see: null and the empty text. */
export function isEmpty(value: Value): value is null | '' {
  return value === null || value === '';
}

/** The boolean that a text spells, in any case of letters, as .NET reads them; undefined for any other text. */
export function booleanOf(text: string): boolean | undefined {
  const spelt = text.trim().toLowerCase();
  return spelt === 'true' ? true : spelt === 'false' ? false : undefined;
}

const wholeNumber = /^\s*[+-]?\d{1,19}\s*$/;
const largest = 2n ** 63n;

/** The whole number that a text spells, within 64 bits; undefined for any other text. */
export function wholeNumberOf(text: string): bigint | undefined {
  if (!wholeNumber.test(text)) return undefined;
  const number = BigInt(text.trim().replace('+', ''));
  return number >= -largest && number < largest ? number : undefined;
}

/** @throws ExpressionFailure when the value is longer than {@link longestText} */
export function withinSize(value: Value, label: string): Value {
  const size =
    typeof value === 'string'
      ? value.length
      : Array.isArray(value)
        ? value.reduce((sum, item) => sum + item.length, 0)
        : 0;
  if (size > longestText) throw tooLong(label);
  return value;
}

export function tooLong(label: string): ExpressionFailure {
  return new ExpressionFailure(`${label}: more than ${longestText} characters`);
}
