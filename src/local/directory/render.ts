import type { ObjectKind, StoredObject } from './types.ts';

/** What Graph returns without `$select`: "get user", "get group", "get servicePrincipal" (v1.0). `accountEnabled` of users is not in it. */
export const DEFAULTS: Record<ObjectKind, readonly string[]> = {
  user: [
    'businessPhones',
    'displayName',
    'givenName',
    'jobTitle',
    'mail',
    'mobilePhone',
    'officeLocation',
    'preferredLanguage',
    'surname',
    'userPrincipalName',
    'id',
  ],
  group: [
    'id',
    'deletedDateTime',
    'classification',
    'createdDateTime',
    'description',
    'displayName',
    'groupTypes',
    'isAssignableToRole',
    'mail',
    'mailEnabled',
    'mailNickname',
    'membershipRule',
    'onPremisesSyncEnabled',
    'proxyAddresses',
    'securityEnabled',
    'visibility',
  ],
  servicePrincipal: [
    'id',
    'deletedDateTime',
    'accountEnabled',
    'appDisplayName',
    'appId',
    'appOwnerOrganizationId',
    'appRoleAssignmentRequired',
    'appRoles',
    'createdDateTime',
    'displayName',
    'servicePrincipalNames',
    'servicePrincipalType',
    'tags',
  ],
  device: ['id', 'deletedDateTime', 'accountEnabled', 'deviceId', 'displayName', 'operatingSystem'],
};

const LISTS: ReadonlySet<string> = new Set([
  'businessPhones',
  'groupTypes',
  'proxyAddresses',
  'servicePrincipalNames',
  'tags',
]);

/** `#microsoft.graph.user` and so on. */
export function odataType(kind: ObjectKind): string {
  return `#microsoft.graph.${kind}`;
}

/** `users`, `groups`, …: the entity set of a kind. */
export const SET_OF: Record<ObjectKind, string> = {
  user: 'users',
  group: 'groups',
  servicePrincipal: 'servicePrincipals',
  device: 'devices',
};

/** The properties as the wire shows them; what is not stored is null. */
export function render(
  object: StoredObject,
  select: readonly string[] | undefined,
  typed = false,
): Record<string, unknown> {
  const names = select ?? DEFAULTS[object.kind];
  const shown: Record<string, unknown> = typed ? { '@odata.type': odataType(object.kind) } : {};
  // The documented `$select` answer of a group carries its id unasked, that of a user does not.
  if (object.kind === 'group' && !names.includes('id')) shown.id = object.id;
  for (const name of names) {
    if (foreignTo(object.kind, name)) continue;
    shown[name] = propertyOf(object, name);
  }
  return shown;
}

/** In a list of mixed kinds, `$select` yields what each kind has. */
function foreignTo(kind: ObjectKind, name: string): boolean {
  if (name === 'members' || name === '*') return true;
  if (name === 'userPrincipalName' || name === 'userType' || name === 'givenName' || name === 'surname')
    return kind !== 'user';
  if (name === 'accountEnabled') return kind === 'group';
  if (name === 'visibility' || name === 'securityEnabled') return kind !== 'group';
  if (name === 'appId') return kind !== 'servicePrincipal';
  return false;
}

export function propertyOf(object: StoredObject, name: string): unknown {
  if (name === 'id') return object.id;
  if (name === 'deletedDateTime') return object.deletedDateTime;
  const value = object.properties[name] ?? (LISTS.has(name) ? [] : null);
  // A deleted user's name is prefixed with its object id (without dashes), which frees the name for others.
  if (name === 'userPrincipalName' && object.deletedDateTime)
    return object.id.replaceAll('-', '') + String(value);
  return value;
}
