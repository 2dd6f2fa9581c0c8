/**
 * What a target should hold of one principal, as flat values, so that comparing, storing and patching are the same
 * few lines for every kind; the SCIM shape is made of them at the edge. One value of a multi-valued attribute is a flag
 * of its own, named by its path: `roles[value eq "account_admin"]`. An empty text means "clear it". `userName` is
 * lower-cased by Databricks and immutable there: a difference in case is none, any other cannot be written.
 */
export type Attributes = Partial<Record<string, string | boolean>>;

/**
 * The key under which one value of a multi-valued attribute is a flag: its SCIM path, with the value as a JSON string,
 * which is what RFC 7644 §3.4.2.2 asks for.
 * @throws {RangeError} when `list` is not a plain attribute name
 */
export function valuePath(list: string, value: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(list)) throw new RangeError(`not an attribute name: ${list}`);
  return `${list}[value eq ${JSON.stringify(value)}]`;
}

/** Takes the key of one value apart; undefined for the key of a simple attribute. */
export function parseValuePath(key: string): { readonly list: string; readonly value: string } | undefined {
  const [, list, value] = /^([A-Za-z][A-Za-z0-9]*)\[value eq ("(?:[^"\\]|\\.)*")\]$/.exec(key) ?? [];
  if (list === undefined || value === undefined) return undefined;
  return { list, value: JSON.parse(value) as string };
}

/** Whether two values of one attribute mean the same: an empty text, and a value that a list lacks, are "none". */
export function sameValue(
  key: string,
  a: string | boolean | undefined,
  b: string | boolean | undefined,
): boolean {
  const isNone = (value: string | boolean | undefined): boolean =>
    value === undefined || value === '' || (value === false && parseValuePath(key) !== undefined);
  return a === b || (isNone(a) && isNone(b));
}
