/**
 * What a target should hold of one principal, as flat values, so that comparing, storing and patching are the same
 * few lines for every kind. The SCIM shape is made of them at the edge.
 */
export interface UserAttributes {
  /** Lower-cased by Databricks and immutable there: a difference in case is none, any other cannot be written. */
  readonly userName: string;
  readonly displayName?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  /** The Entra object id, always. */
  readonly externalId: string;
  readonly active: boolean;
}

export interface GroupAttributes {
  readonly displayName: string;
  /** The Entra object id, always. */
  readonly externalId: string;
}

export type Attributes = Partial<Record<string, string | boolean>>;
