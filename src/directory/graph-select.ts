import { ConfigurationError } from '../identity/errors.ts';
import type { PrincipalKind } from '../identity/principal.ts';

/** Top-level properties by kind, in addition to those that are always read. */
export type ExtraProperties = Partial<Readonly<Record<PrincipalKind, readonly string[]>>>;

/** What `graph-schemas.ts` reads. */
const NEEDED: Readonly<Record<PrincipalKind, readonly string[]>> = {
  user: ['id', 'accountEnabled', 'userPrincipalName', 'displayName', 'givenName', 'surname', 'userType'],
  group: [
    'id',
    'displayName',
    'visibility',
    'securityEnabled',
    'mailEnabled',
    'groupTypes',
    'createdDateTime',
  ],
  servicePrincipal: ['id', 'appId', 'displayName', 'accountEnabled', 'servicePrincipalType'],
};

/**
 * Kept outside the directory: readable of one user at a time, in no list, and no delta reports a change of them.
 * Source: "Delta query overview", limitations, and the resource pages of user and group ("supported only on Get").
 */
const OUTSIDE: Readonly<Record<PrincipalKind, ReadonlySet<string>>> = {
  user: new Set([
    'aboutMe',
    'birthday',
    'hireDate',
    'interests',
    'mailboxSettings',
    'mySite',
    'pastProjects',
    'preferredName',
    'responsibilities',
    'schools',
    'signInActivity',
    'skills',
  ]),
  group: new Set([
    'allowExternalSenders',
    'autoSubscribeNewMembers',
    'hideFromAddressLists',
    'hideFromOutlookClients',
    'isArchived',
    'isSubscribedByMail',
    'unseenCount',
  ]),
  servicePrincipal: new Set(),
};

const RELATIONS = new Set([
  'manager',
  'memberOf',
  'members',
  'owners',
  'transitiveMemberOf',
  'appRoleAssignments',
]);

/** Why a property cannot be read along; `undefined` when it can, as far as that is known without asking Graph. */
export function unselectable(kind: PrincipalKind, property: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,254}$/.test(property)) {
    return `'${property}' is no name of a top-level property: nested ones are read by the name of what holds them`;
  }
  if (RELATIONS.has(property)) return `'${property}' is a relation, not a property`;
  if (OUTSIDE[kind].has(property)) {
    return `'${property}' is kept outside the directory: Graph neither lists it nor reports its changes`;
  }
  return undefined;
}

/** The `$select` of each kind: for reads, and for delta queries, where it decides which changes are reported. */
export interface Selections {
  readonly read: Readonly<Record<PrincipalKind, string>>;
  readonly delta: Readonly<Record<PrincipalKind, string>>;
}

/** @throws ConfigurationError for a property that Graph could not read in every place where we need it. */
export function selections(extra: ExtraProperties): Selections {
  const list = (kind: PrincipalKind, ...relations: string[]): string => {
    for (const property of extra[kind] ?? []) {
      const reason = unselectable(kind, property);
      if (reason !== undefined) throw new ConfigurationError(reason);
    }
    return [...new Set([...NEEDED[kind], ...(extra[kind] ?? []), ...relations])].join(',');
  };
  return {
    read: { user: list('user'), group: list('group'), servicePrincipal: list('servicePrincipal') },
    delta: {
      user: list('user'),
      group: list('group', 'members'),
      servicePrincipal: list('servicePrincipal'),
    },
  };
}
