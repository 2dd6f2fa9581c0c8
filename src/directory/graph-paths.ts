import type { z } from 'zod';
import type { Principal } from '../identity/principal.ts';
import * as schemas from './graph-schemas.ts';
import type { Assignment } from './types.ts';

const SET_OF = { user: 'users', group: 'groups', servicePrincipal: 'servicePrincipals' } as const;
const KIND_OF: Readonly<Record<string, Principal['kind']>> = {
  User: 'user',
  Group: 'group',
  ServicePrincipal: 'servicePrincipal',
};

export function userPath(id: string): string {
  return `/users/${encodeURIComponent(id)}?$select=${schemas.USER_SELECT}`;
}

export function groupPath(id: string): string {
  return `/groups/${encodeURIComponent(id)}?$select=${schemas.GROUP_SELECT}`;
}

export function principalPath({ kind, id }: Principal): string {
  return `/${SET_OF[kind]}/${encodeURIComponent(id)}`;
}

/** Kinds of principals that Graph may add one day are left out: there is nothing we could provision them as. */
export function assignments(found: readonly z.output<typeof schemas.appRoleAssignment>[]): Assignment[] {
  return found.flatMap(a => {
    const kind = KIND_OF[a.principalType];
    return kind ? [{ id: a.id, appRoleId: a.appRoleId, principal: { kind, id: a.principalId } }] : [];
  });
}
