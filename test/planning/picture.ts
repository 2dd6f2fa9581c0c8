import type { Attributes, UserAttributes } from '../../src/identity/desired.ts';
import {
  type ActualPicture,
  type ActualResource,
  compare,
  type DesiredGroup,
  type KnownLink,
  type PlanItem,
} from '../../src/planning/compare.ts';

/** Both sides and our links, in short. Names: `u-x` is the Entra id of user x, `s-x` his SCIM id. */
export interface Sides {
  users?: UserAttributes[];
  groups?: Record<string, Partial<DesiredGroup> & { name: string }>;
  actualUsers?: ActualResource[];
  actualGroups?: ActualResource[];
  members?: Record<string, string[]>;
  links?: KnownLink[];
}

export function planOf(sides: Sides): PlanItem[] {
  const actual: ActualPicture = {
    users: sides.actualUsers ?? [],
    groups: sides.actualGroups ?? [],
    members: new Map(Object.entries(sides.members ?? {}).map(([id, members]) => [id, new Set(members)])),
  };
  const users = new Map((sides.users ?? []).map(user => [user.externalId, user]));
  const groups = new Map(
    Object.entries(sides.groups ?? {}).map(([id, group]) => [id, desiredGroup(id, group)]),
  );
  return compare({ users, groups }, actual, sides.links ?? []);
}

/** The plan as `kind:id action`, sorted: enough for most tests. */
export function summary(sides: Sides): string[] {
  return planOf(sides)
    .map(({ principal, action }) => `${principal.kind}:${principal.id} ${action}`)
    .sort();
}

function desiredGroup(id: string, { name, ...more }: Partial<DesiredGroup> & { name: string }): DesiredGroup {
  return {
    attributes: { displayName: name, externalId: id },
    members: new Set(),
    createdDateTime: null,
    hidden: false,
    ...more,
  };
}

export function user(x: string, more: Partial<UserAttributes> = {}): UserAttributes {
  return {
    userName: `${x}@contoso.com`,
    displayName: x.toUpperCase(),
    externalId: `u-${x}`,
    active: true,
    ...more,
  };
}

export function actualUser(
  x: string,
  more: Partial<ActualResource> = {},
  attributes: Attributes = {},
): ActualResource {
  const held: Attributes = { ...user(x), ...attributes };
  return {
    scimId: `s-${x}`,
    name: String(held.userName),
    externalId: held.externalId as string | undefined,
    active: held.active as boolean | undefined,
    roles: [],
    attributes: held,
    ...more,
  };
}

export function actualGroup(scimId: string, name: string, externalId?: string): ActualResource {
  return { scimId, name, externalId, roles: [], attributes: { displayName: name, externalId } };
}

export function userLink(x: string, more: Partial<KnownLink> = {}): KnownLink {
  return {
    principal: { kind: 'user', id: `u-${x}` },
    status: 'linked',
    scimId: `s-${x}`,
    name: `${x}@contoso.com`,
    written: { ...user(x) },
    unsettled: false,
    ...more,
  };
}

export function groupLink(
  id: string,
  scimId: string,
  name: string,
  more: Partial<KnownLink> = {},
): KnownLink {
  return {
    principal: { kind: 'group', id },
    status: 'linked',
    scimId,
    name,
    written: { displayName: name, externalId: id },
    unsettled: false,
    members: {},
    ...more,
  };
}
