import type { ResourceType } from './types.ts';

/**
 * What each type may be searched by. At account level Databricks documents these and no others (SCIM 2.1 reference);
 * a user is not even found by externalId (databricks-solutions/aim-divergence-fix).
 */
const FILTERABLE: Readonly<Record<ResourceType, readonly string[]>> = {
  Users: ['userName'],
  Groups: ['displayName', 'externalId'],
  ServicePrincipals: ['applicationId'],
};

/**
 * Whether resources of that type can be searched by that attribute. By any other, the only way to find one is to read
 * the whole list.
 */
export function canFind(type: ResourceType, attribute: string): boolean {
  return FILTERABLE[type].includes(attribute);
}

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
