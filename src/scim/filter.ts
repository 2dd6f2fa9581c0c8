/**
 * `attribute eq "value"`, with the value as a JSON string, which is what RFC 7644 §3.4.2.2 asks for. The only filter
 * that every version of Databricks SCIM documents.
 *
 * @throws RangeError when `attribute` is not a plain attribute name.
 */
export function equals(attribute: string, value: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(attribute)) throw new RangeError(`not an attribute name: ${attribute}`);
  return `${attribute} eq ${JSON.stringify(value)}`;
}

/** `members[value eq "id"]`: the path of one member. */
export function memberPath(id: string): string {
  return `members[${equals('value', id)}]`;
}
