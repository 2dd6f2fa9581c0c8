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
