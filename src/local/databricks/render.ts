import type { Account } from './account.ts';
import type { Profile } from './profile.ts';
import type { Moment, ResourceType, StoredResource } from './types.ts';

const SINGULAR: Record<ResourceType, string> = {
  Users: 'User',
  Groups: 'Group',
  ServicePrincipals: 'ServicePrincipal',
};

export interface View {
  account: Account;
  profile: Profile;
  /** What the reader sees; undefined for the present. */
  moment?: Moment;
  /** Put before `/Users/1` in `meta.location`; without it there is none. */
  locationBase?: string;
}

type Json = Record<string, unknown>;

/** A resource as its own GET shows it. What is empty is left out (databricks-sdk-go marks all of it omitempty). */
export function renderOne(resource: StoredResource, view: View): Json {
  const isGroup = resource.type === 'Groups';
  const groups = isGroup && !view.profile.isWorkspace ? [] : view.account.groupsOf(resource.id, view.moment);
  return compact({
    ...renderListed(resource, view),
    members: isGroup ? renderMembers(resource, view) : undefined,
    groups: groups.length > 0 ? groups.map(group => ({ ...reference(group), type: 'direct' })) : undefined,
  });
}

/** Undefined when there are none. Whoever is one is looked up as he is now, unless all of the past is asked for. */
export function renderMembers(group: StoredResource, { account, moment }: View): Json[] | undefined {
  const instant = moment === 'first' ? undefined : moment;
  const members = [...account.membersOf(group)].flatMap(id => account.find(id, instant) ?? []);
  return members.length > 0 ? members.map(reference) : undefined;
}

/**
 * A resource as a list shows it: groups without members (since 2025-08, databricks-sdk-py issue 1118).
 * Guess: users without their groups.
 */
export function renderListed(resource: StoredResource, view: View): Json {
  const { type } = resource;
  const isLocalGroup = type === 'Groups' && !resource.fromAccount;
  const meta: Json = { resourceType: isLocalGroup ? view.profile.groupType : SINGULAR[type] };
  if (view.locationBase !== undefined) meta.location = `${view.locationBase}/${type}/${resource.id}`;
  const { userName, applicationId, name } = resource;
  return compact({
    schemas: [`urn:ietf:params:scim:schemas:core:2.0:${SINGULAR[type]}`],
    id: resource.id,
    userName,
    applicationId,
    // Computed where none was given (Terraform provider, resource_user.go, resource_service_principal.go).
    // Guess: from the name, so that a cleared displayName never reads as cleared.
    displayName: resource.displayName ?? userName ?? applicationId,
    externalId: resource.externalId,
    active: resource.active,
    name: name && compact({ ...name }),
    emails: userName === undefined ? undefined : [{ type: 'work', value: userName, primary: true }],
    roles: values(resource.roles),
    entitlements: values(resource.entitlements),
    meta,
  });
}

/** `attributes` and `excludedAttributes`, by the first part of each name. `id` and `schemas` always stay. */
export function project(resource: Json, attributes: string | null, excluded: string | null): Json {
  const wanted = names(attributes);
  const unwanted = names(excluded);
  return Object.fromEntries(
    Object.entries(resource).filter(([key]) => {
      if (key === 'id' || key === 'schemas') return true;
      return (wanted.size === 0 || wanted.has(key)) && !unwanted.has(key);
    }),
  );
}

function names(list: string | null): Set<string> {
  const parts = (list ?? '').split(',').map(part => part.trim().split('.')[0] ?? '');
  return new Set(parts.filter(part => part !== ''));
}

/** `$ref` is relative: the Terraform provider's fixtures. */
function reference(resource: StoredResource): Json {
  const display = resource.displayName ?? resource.userName ?? resource.applicationId;
  return compact({ value: resource.id, display, $ref: `${resource.type}/${resource.id}` });
}

function values(set: ReadonlySet<string>): Json[] | undefined {
  return set.size === 0 ? undefined : [...set].map(value => ({ value }));
}

function compact(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
