import { type Attributes, parseValuePath, valuePath } from '../identity/desired.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type { ExistingResource } from '../planning/adoption.ts';
import { type KindTraits, kindTraits } from '../planning/kind-traits.ts';
import type { ResourceByType, ScimGroup, ScimServicePrincipal, ScimUser } from '../scim/resources.ts';
import { RESOURCE_SCHEMA, type ResourceType } from '../scim/types.ts';

export type ScimResource = ResourceByType[ResourceType];

/** What differs between the kinds of principal on their way through the engine. All of it stands here. */
export interface Kind extends KindTraits {
  readonly type: ResourceType;
  /** The body of a create. */
  body(attributes: Attributes): Record<string, unknown>;
  /** SCIM path of each attribute that is not named by its own path. */
  readonly paths: Readonly<Record<string, string>>;
  /** A resource as the target shows it, in our flat form. */
  read(resource: ScimResource): Attributes;
}

const user: Kind = {
  ...kindTraits.user,
  type: 'Users',
  paths: { givenName: 'name.givenName', familyName: 'name.familyName' },
  body: ({ givenName, familyName, email, ...attributes }) => ({
    ...common('Users', attributes),
    ...(givenName === undefined && familyName === undefined ? {} : { name: { givenName, familyName } }),
    // Databricks wants both equal, or refuses the user.
    emails: [{ type: 'work', value: email ?? attributes.userName, primary: true }],
  }),
  read: resource => {
    const { userName, name, active } = resource as ScimUser;
    return flat(resource, {
      userName,
      givenName: name?.givenName,
      familyName: name?.familyName,
      active,
    });
  },
};

const servicePrincipal: Kind = {
  ...kindTraits.servicePrincipal,
  type: 'ServicePrincipals',
  paths: {},
  body: attributes => common('ServicePrincipals', attributes),
  read: resource => {
    const { applicationId, active } = resource as ScimServicePrincipal;
    return flat(resource, { applicationId, active });
  },
};

const group: Kind = {
  ...kindTraits.group,
  type: 'Groups',
  paths: {},
  // Created empty: a create with members may answer 500 although the group exists.
  body: attributes => common('Groups', attributes),
  read: resource => flat(resource as ScimGroup, {}),
};

export const kinds: Readonly<Record<PrincipalKind, Kind>> = { user, servicePrincipal, group };

/** Attribute paths and values of a PATCH. */
export function patchOf(kind: Kind, changes: Attributes): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) =>
      value === undefined ? [] : [[kind.paths[name] ?? name, value]],
    ),
  );
}

/** A resource as adoption sees it. */
export function existing(kind: Kind, resource: ScimResource): ExistingResource {
  const attributes = kind.read(resource);
  const name = attributes[kind.nameAttribute];
  return {
    name: typeof name === 'string' ? name : '',
    externalId: resource.externalId,
    active: typeof attributes.active === 'boolean' ? attributes.active : undefined,
    roles: (resource.roles ?? []).map(role => role.value),
  };
}

const LISTS = ['roles', 'entitlements'] as const;

/** Simple attributes as they are; flags of values become the lists that hold them. */
function common(type: ResourceType, attributes: Attributes): Record<string, unknown> {
  const simple = Object.entries(attributes).filter(
    ([key, value]) => value !== '' && parseValuePath(key) === undefined,
  );
  const flags = Object.entries(attributes).flatMap(([key, wanted]) => {
    const path = parseValuePath(key);
    return path === undefined || wanted !== true ? [] : [path];
  });
  const lists = LISTS.map(list => [list, flags.filter(flag => flag.list === list)] as const);
  return {
    schemas: [RESOURCE_SCHEMA[type]],
    ...Object.fromEntries(simple),
    ...Object.fromEntries(
      lists
        .filter(([, values]) => values.length > 0)
        .map(([list, values]) => [list, values.map(({ value }) => ({ value }))]),
    ),
  };
}

function flat(
  resource: ScimResource,
  own: Readonly<Record<string, string | boolean | undefined>>,
): Attributes {
  const { displayName, externalId } = resource;
  const listed = LISTS.flatMap(list =>
    (resource[list] ?? []).map(({ value }) => [valuePath(list, value), true] as const),
  );
  const simple = Object.entries({ displayName, externalId, ...own }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries([...simple, ...listed]);
}
