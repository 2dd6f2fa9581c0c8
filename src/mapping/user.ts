import type { UserAttributes } from '../identity/desired.ts';

/** The source properties that the mapping reads. */
export interface UserSource {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
}

/**
 * The attributes of a user as a target should hold them: userPrincipalName becomes userName and the work e-mail,
 * which Databricks wants equal; the object id becomes externalId. Empty source values are left out: nothing is
 * cleared in the target.
 */
export function mapUser(user: UserSource, active: boolean): UserAttributes {
  return {
    userName: computedUserPrincipalName(user.userPrincipalName),
    ...filled('displayName', user.displayName),
    ...filled('givenName', user.givenName),
    ...filled('familyName', user.surname),
    externalId: user.id,
    active,
  };
}

/**
 * The address that a guest signs in with. Entra stores `alias_domain#EXT#@tenant…`, Graph shows it like that, and the
 * connector strips it: the text before `#EXT#`, its last `_` being the `@` (Microsoft Learn, "How application
 * provisioning works", B2B guests). Other names are returned as they are.
 */
export function computedUserPrincipalName(userPrincipalName: string): string {
  const marker = userPrincipalName.search(/#EXT#/i);
  if (marker < 0) return userPrincipalName;
  const alias = userPrincipalName.slice(0, marker);
  const at = alias.lastIndexOf('_');
  return at < 0 ? alias : `${alias.slice(0, at)}@${alias.slice(at + 1)}`;
}

function filled<K extends string>(key: K, value: string | null): Partial<Record<K, string>> {
  return value === null || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}
