import { invalid, Refusal } from './refusal.ts';

/** Reading attribute values out of request bodies, in the forms that Databricks is known to take. */

const LONGEST = { displayName: 255, externalId: 64 } as const;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The Terraform provider wraps what it patches: `[{"value": "false"}]`. */
export function unwrapped(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1) return value;
  const only: unknown = value[0];
  return isRecord(only) && 'value' in only ? only.value : value;
}

/** Undefined for a missing, null or empty value. Limits: docs.databricks.com, "patch account group". */
export function textValue(attribute: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string') throw invalid('invalidValue', `${attribute} must be a string`);
  const longest = attribute === 'displayName' || attribute === 'externalId' ? LONGEST[attribute] : 1_000;
  if (value.length > longest)
    throw invalid('invalidValue', `${attribute} is longer than ${longest} characters`);
  return value;
}

/** A boolean, or its name in any case (grusin-db sends strings, Entra's older form `"False"`). */
export function flagValue(attribute: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  throw invalid('invalidValue', `${attribute} must be a boolean`);
}

/** The values of `[{"value": "x"}, ...]`. A bare string is the 400 of databricks-sdk-java issue 279. */
export function valueList(attribute: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid('invalidSyntax', `${attribute} must be an array`);
  return value.map((item: unknown) => {
    const inner = isRecord(item) ? item.value : undefined;
    if (typeof inner === 'string' && inner !== '') return inner;
    throw invalid('invalidSyntax', `${attribute} must hold objects with a value`);
  });
}

export function nameValue(value: unknown): { givenName?: string; familyName?: string } | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isRecord(value)) throw invalid('invalidValue', 'name must be an object');
  return {
    givenName: textValue('name.givenName', value.givenName),
    familyName: textValue('name.familyName', value.familyName),
  };
}

/** A body that must be a JSON object. */
export function objectBody(body: unknown): Record<string, unknown> {
  if (isRecord(body)) return body;
  throw new Refusal(400, 'Request is unparsable, syntactically incorrect, or violates schema.', {
    scimType: 'invalidSyntax',
    code: 'MALFORMED_REQUEST',
  });
}
