import { z } from 'zod';

/*
 * The building blocks of the schema. Their error texts say what is allowed and nothing else: who reports a problem puts
 * the place and the value in front of it.
 */

/** An object that refuses keys it does not know. `example` is shown when something else, or nothing, stands there. */
export function section<S extends z.ZodRawShape>(
  shape: S,
  example: string,
): z.ZodObject<{ -readonly [K in keyof S]: S[K] }, z.core.$strict> {
  return z.strictObject(shape, `an object, such as ${example}`);
}

/** A GUID in either case. Entra's object ids are GUIDs, and so are the account ids of Databricks. */
export const GUID: RegExp = /^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;

/** A GUID, as lower-case text: Entra and Databricks write the same id in either case. */
export function guid(description: string): z.ZodString {
  return z
    .string('a GUID')
    .regex(GUID, 'a GUID')
    .toLowerCase()
    .meta({ description, examples: ['8b3c1a52-6d0f-4c1e-9a57-2f1f0c9b7e10'] });
}

/** Object ids of Entra principals; nobody when left out. */
export function objectIds(description: string): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z
    .array(guid('The object id of a principal in Entra ID.'), 'a list of object ids')
    .default([])
    .describe(description);
}

/** A whole number; both bounds are allowed. */
export function wholeNumber(min: number, max: number): z.ZodInt {
  const allowed = `a whole number from ${min} to ${max}`;
  return z.int(allowed).min(min, allowed).max(max, allowed);
}

export function flag(description: string): z.ZodBoolean {
  return z.boolean('true or false').describe(description);
}

/** Text that is not blank. */
export function text(description: string): z.ZodString {
  return z.string('text').regex(/\S/, 'text that is not blank').describe(description);
}

/** One of the given words. `why` says why there are no others. */
export function choice<const T extends readonly [string, ...string[]]>(
  words: T,
  why?: string,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, why === undefined ? oneOf(words) : `${oneOf(words)}, ${why}`);
}

/** `"assigned" or "all"`. */
export function oneOf(words: readonly string[]): string {
  const quoted = words.map(word => JSON.stringify(word));
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}
