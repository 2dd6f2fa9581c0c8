import type { Account } from './account.ts';
import type { AimIdentity, AimMode } from './aim.ts';
import { json } from './answer.ts';
import { adminsOnly, notFound, Refusal } from './refusal.ts';
import type { Action } from './route.ts';
import type { ResourceType, StoredResource } from './types.ts';

/** Segments of the path, keys of the answer and of the match by name (databricks-solutions/aim-divergence-fix). */
const KINDS = {
  users: { type: 'Users', key: 'databricks_user', name: 'username' },
  groups: { type: 'Groups', key: 'databricks_group', name: 'group_name' },
  servicePrincipals: {
    type: 'ServicePrincipals',
    key: 'databricks_service_principal',
    name: 'application_id',
  },
} as const satisfies Record<string, { type: ResourceType; key: string; name: string }>;

interface Matching {
  readonly store: Account;
  readonly aim: AimMode;
}

/** Undefined when the path is for something else. */
export function matchPath(path: string): { kind: keyof typeof KINDS; id: string } | undefined {
  const [, kind = '', id = ''] = /^\/([A-Za-z]+)\/([^/]+)\/matchWithIdp$/.exec(path) ?? [];
  return Object.hasOwn(KINDS, kind) ? { kind: kind as keyof typeof KINDS, id } : undefined;
}

/**
 * `POST …/{kind}/{id}/matchWithIdp`: what the identity provider has for somebody of the account, by external id and by
 * name (Databricks' AIM enablement prep script, which asks it of everybody before that is switched on). It changes
 * nothing, and answers whether automatic identity management is on or not.
 *
 * Guess: it counts as the write that its method makes it; what a match holds; and that a member is named who has no
 * match among the members of the group that matches, by external id before name, so that everybody is where none does.
 *
 * @throws Refusal
 */
export function matchAction(
  method: string,
  { kind, id }: NonNullable<ReturnType<typeof matchPath>>,
  matching: Matching,
): Action {
  if (method !== 'POST') throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: 'write',
    run(_body, { isAdmin }) {
      if (!isAdmin) throw adminsOnly(`/2.0/identity/${kind}/matchWithIdp`);
      const { type, key, name } = KINDS[kind];
      const resource = matching.store.get(type, id);
      if (!resource) throw notFound(type, id);
      return json(200, {
        [key]: { internal_id: BigInt(id), external_id: resource.externalId, [name]: nameOf(resource) },
        ...matches(resource, matching),
      });
    },
  };
}

function matches(resource: StoredResource, { store, aim }: Matching): object {
  const { type, externalId } = resource;
  const entries = [...aim.directory].filter(([, identity]) => identity.type === type);
  const byExternalId = entries.find(([id]) => id === externalId);
  const folded = nameOf(resource).toLowerCase();
  const byName = entries.filter(([, identity]) => nameOf(identity).toLowerCase() === folded);
  const found = { idp_match_by_external_id: byExternalId && render(byExternalId) };
  const [first] = byName;
  switch (type) {
    case 'Users':
      return { ...found, idp_match_by_username: first && render(first) };
    case 'ServicePrincipals':
      return { ...found, idp_match_by_app_id: first && render(first) };
    case 'Groups': {
      const theirs = new Set((byExternalId ?? first)?.[1].members);
      const members = [...resource.members].flatMap(id => store.find(id) ?? []);
      const missing = members.filter(member => !theirs.has(member.externalId ?? ''));
      const ids = (some: StoredResource[]) => some.map(({ id }) => ({ principal_id: BigInt(id) }));
      return {
        ...found,
        idp_matches_by_group_name: byName.map(render),
        local_members_not_in_idp: ids(missing.filter(member => member.externalId === undefined)),
        external_members_not_in_idp: ids(missing.filter(member => member.externalId !== undefined)),
      };
    }
  }
}

function render([externalId, identity]: [string, AimIdentity]): object {
  const { name } = Object.values(KINDS).find(({ type }) => type === identity.type) ?? KINDS.users;
  return { external_id: externalId, [name]: nameOf(identity) };
}

function nameOf({
  type,
  userName,
  applicationId,
  displayName,
}: Pick<StoredResource, 'type' | 'userName' | 'applicationId' | 'displayName'>): string {
  return { Users: userName, Groups: displayName, ServicePrincipals: applicationId }[type] ?? '';
}
