import type { Attributes } from '../identity/desired.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import type { ExistingResource } from '../planning/adoption.ts';
import type { KindTraits } from '../planning/resource-plan.ts';
import type { ScimGroup, ScimUser } from '../scim/resources.ts';
import { RESOURCE_SCHEMA, type ResourceType } from '../scim/types.ts';

/** What differs between the kinds of principal on their way through the engine. All of it stands here. */
export interface Kind extends KindTraits {
  readonly type: Exclude<ResourceType, 'ServicePrincipals'>;
  /** The body of a create. */
  body(attributes: Attributes): Record<string, unknown>;
  /** Attribute paths and values of a PATCH. */
  patch(changes: Attributes): Record<string, string | boolean>;
  /** A resource as the target shows it, in our flat form. */
  read(resource: ScimUser | ScimGroup): Attributes;
}

const user: Kind = {
  type: 'Users',
  nameAttribute: 'userName',
  nameIsImmutable: true,
  body: ({ userName, displayName, givenName, familyName, externalId, active }) => ({
    schemas: [RESOURCE_SCHEMA.Users],
    userName,
    ...(displayName === undefined ? {} : { displayName }),
    ...(givenName === undefined && familyName === undefined ? {} : { name: { givenName, familyName } }),
    // Databricks wants both equal, or refuses the user.
    emails: [{ type: 'work', value: userName, primary: true }],
    externalId,
    active,
  }),
  patch: changes => renamed(changes, { givenName: 'name.givenName', familyName: 'name.familyName' }),
  read: resource => {
    const { userName, displayName, name, externalId, active } = resource as ScimUser;
    return filled({
      userName,
      displayName,
      givenName: name?.givenName,
      familyName: name?.familyName,
      externalId,
      active,
    });
  },
};

const group: Kind = {
  type: 'Groups',
  nameAttribute: 'displayName',
  nameIsImmutable: false,
  // Created empty: a create with members may answer 500 although the group exists.
  body: ({ displayName, externalId }) => ({ schemas: [RESOURCE_SCHEMA.Groups], displayName, externalId }),
  patch: changes => renamed(changes, {}),
  read: ({ displayName, externalId }) => filled({ displayName, externalId }),
};

/** The kinds that are provisioned. A look at a service principal ends as irrelevant, see Looker. */
export const kinds: Readonly<Record<Exclude<PrincipalKind, 'servicePrincipal'>, Kind>> = { user, group };

/** A resource as adoption sees it. */
export function existing(kind: Kind, resource: ScimUser | ScimGroup): ExistingResource {
  const attributes = kind.read(resource);
  const name = attributes[kind.nameAttribute];
  return {
    name: typeof name === 'string' ? name : '',
    externalId: resource.externalId,
    active: typeof attributes.active === 'boolean' ? attributes.active : undefined,
    roles: (resource.roles ?? []).map(role => role.value),
  };
}

function filled(attributes: Record<string, string | boolean | undefined>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

function renamed(
  changes: Attributes,
  paths: Readonly<Record<string, string>>,
): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([name, value]) =>
      value === undefined ? [] : [[paths[name] ?? name, value]],
    ),
  );
}
