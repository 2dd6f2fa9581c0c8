import type { Attributes } from '../../src/identity/desired.ts';
import { type CompareOptions, compare } from '../../src/planning/compare.ts';
import type {
  ActualPicture,
  ActualResource,
  DesiredGroup,
  KnownLink,
  PlanItem,
} from '../../src/planning/picture.ts';

/** Both sides and our links, in short. Names: `u-x` is the Entra id of user x, `s-x` his SCIM id. */
export interface Sides {
  users?: Attributes[];
  groups?: Record<string, Group>;
  actualUsers?: ActualResource[];
  actualGroups?: ActualResource[];
  members?: Record<string, string[]>;
  links?: KnownLink[];
  suffixLength?: number;
  managed?: CompareOptions['managed'];
}

type Group = Partial<Omit<DesiredGroup, 'members'>> & { name: string; members?: Iterable<string> };

export function planOf(sides: Sides): PlanItem[] {
  const actual: ActualPicture = {
    resources: { user: sides.actualUsers ?? [], servicePrincipal: [], group: sides.actualGroups ?? [] },
    members: new Map(Object.entries(sides.members ?? {}).map(([id, members]) => [id, new Set(members)])),
  };
  const users = new Map(
    (sides.users ?? []).map(attributes => [
      String(attributes.externalId),
      {
        create: attributes,
        set: attributes,
        match: matchOf(attributes, 'userName'),
        adoptableName: String(attributes.userName),
      },
    ]),
  );
  const groups = new Map(
    Object.entries(sides.groups ?? {}).map(([id, group]) => [id, desiredGroup(id, group)]),
  );
  return compare({ users, servicePrincipals: new Map(), groups }, actual, sides.links ?? [], {
    matching: {
      user: ['externalId', 'userName'],
      servicePrincipal: ['externalId', 'applicationId'],
      group: ['externalId', 'displayName'],
    },
    suffixLength: sides.suffixLength,
    managed: sides.managed,
  });
}

/** The plan as `kind:id action`, sorted: enough for most tests. */
export function summary(sides: Sides): string[] {
  return planOf(sides)
    .map(({ principal, action }) => `${principal.kind}:${principal.id} ${action}`)
    .sort();
}

function matchOf(attributes: Attributes, name: string): Record<string, string> {
  return { externalId: String(attributes.externalId), [name]: String(attributes[name]) };
}

function desiredGroup(id: string, { name, members = [], ...more }: Group): DesiredGroup {
  const attributes = { displayName: name, externalId: id };
  return {
    create: attributes,
    set: attributes,
    match: matchOf(attributes, 'displayName'),
    createdDateTime: null,
    hidden: false,
    ...more,
    members: new Map([...members].map(member => [member, 'user' as const])),
  };
}

export function user(x: string, more: Attributes = {}): Attributes {
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
