import type { Principal, PrincipalKind } from '../identity/principal.ts';

/** The entity set of a kind of principal. */
export const SET_OF: Readonly<Record<PrincipalKind, string>> = {
  user: 'users',
  group: 'groups',
  servicePrincipal: 'servicePrincipals',
};

export function principalPath({ kind, id }: Principal): string {
  return `/${SET_OF[kind]}/${encodeURIComponent(id)}`;
}
