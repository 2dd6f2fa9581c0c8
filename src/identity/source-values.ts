/**
 * The value of one source attribute, as expressions and scoping filters see it. Instants are ISO 8601 strings, as
 * Graph sends them. Null: the object has none, or an empty list.
 */
export type SourceValue = string | number | boolean | readonly string[] | null;

/** Without what counts as no value: the empty text, empty texts in a list, a list of nothing else. */
export function present(value: SourceValue): SourceValue {
  if (value === null || value === '') return null;
  if (typeof value !== 'object') return value;
  const filled = value.filter(item => item !== '');
  return filled.length === 0 ? null : filled;
}

/**
 * Reads one attribute of one Entra object by its name in Entra's provisioning schema, such as `userPrincipalName` or
 * `extensionAttribute1`. Always the whole object: an attribute that did not change is read like any other.
 */
export type SourceReader = (attribute: string) => SourceValue;
