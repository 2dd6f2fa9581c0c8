import type { Account } from './account.ts';
import type { AimIdentity, AimMode } from './aim.ts';
import { json } from './answer.ts';
import { isRecord } from './attribute-values.ts';
import { adminsOnly, noEndpoint, Refusal } from './refusal.ts';
import type { Action } from './route.ts';
import type { ResourceType, StoredResource } from './types.ts';

type Shape = 'resolved' | 'older' | 'external';

const TYPES: Readonly<Record<string, ResourceType>> = {
  users: 'Users',
  groups: 'Groups',
  'service-principals': 'ServicePrincipals',
  servicePrincipals: 'ServicePrincipals',
};

const KEYS: Readonly<Record<ResourceType, string>> = {
  Users: 'user',
  Groups: 'group',
  ServicePrincipals: 'service_principal',
};

export interface Resolving {
  readonly accountId: string;
  readonly store: Account;
  readonly aim: AimMode;
}

/**
 * `/api/2.0/identity/accounts/{id}/…`: looking somebody up by his id at the identity provider, which creates him
 * (docs.databricks.com, IAM v2: Resolve, External User). Guess: counted as a write, since it may be one.
 *
 * @throws Refusal for any other path.
 */
export function resolveAction(method: string, path: string, resolving: Resolving): Action {
  const byPath = /^\/external-(users|groups|service-principals)\/([^/]+)$/.exec(path);
  const byBody = /^\/([A-Za-z-]+)\/(resolve-by-external-id|resolveByExternalId)$/.exec(path);
  const type = TYPES[byPath?.[1] ?? byBody?.[1] ?? ''];
  if (type === undefined) throw noEndpoint();
  if (method !== (byPath ? 'GET' : 'POST')) throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: 'write',
    run(body, { isAdmin }) {
      if (!isAdmin) throw adminsOnly(`/2.0/identity${path}`);
      const externalId = byPath ? decodeURIComponent(byPath[2] ?? '') : externalIdOf(body);
      const resource = resolve(type, externalId, resolving);
      if (byPath) return json(200, render(resource, resolving.accountId, 'external'));
      const shape = byBody?.[2] === 'resolveByExternalId' ? 'older' : 'resolved';
      return json(200, { [KEYS[type]]: render(resource, resolving.accountId, shape) });
    },
  };
}

function externalIdOf(body: unknown): string {
  const externalId = isRecord(body) ? body.external_id : undefined;
  if (typeof externalId === 'string' && externalId !== '') return externalId;
  throw new Refusal(400, 'external_id is required');
}

/**
 * Whoever has that external id, as the identity provider describes him now. Guess: a user or service principal who
 * has the name and no external id is taken for him; any other namesake is a conflict.
 */
function resolve(type: ResourceType, externalId: string, { store, aim }: Resolving): StoredResource {
  // "If the customer is not onboarded onto AIM, this returns an error": which one is a guess.
  if (!aim.isOnForNext())
    throw new Refusal(400, 'Automatic identity management is not enabled', { code: 'FEATURE_DISABLED' });
  const known = store.list(type).find(resource => resource.externalId === externalId);
  const identity = aim.directory.get(externalId);
  if (identity?.type !== type) {
    if (known) return known;
    throw new Refusal(404, `Identity with external id ${externalId} is not found`);
  }
  const { displayName, name } = identity;
  if (known) return store.change(type, known.id, { displayName, name });
  const namesake = byName(store, identity);
  if (namesake && type !== 'Groups' && namesake.externalId === undefined) {
    return store.change(type, namesake.id, { externalId, displayName, name });
  }
  return store.add({ ...identity, externalId, isUnused: true });
}

function byName(store: Account, { type, userName, applicationId, displayName }: AimIdentity) {
  if (type === 'Groups') return store.group(displayName ?? '');
  return type === 'Users' ? store.user(userName ?? '') : store.servicePrincipal(applicationId ?? '');
}

/**
 * The fields that docs.databricks.com lists for IAM v2, where ids are text; its older form, with `internal_id` as a
 * number, is databricks-sdk-go's. Guess: the fields of a service principal, after those of the others.
 */
function render(resource: StoredResource, accountId: string, shape: Shape): object {
  const { type, id, externalId, userName, applicationId, displayName, name, active } = resource;
  const key = KEYS[type];
  const status = active ? 'ACTIVE' : 'INACTIVE';
  const full = name && { given_name: name.givenName, family_name: name.familyName };
  const named = shape === 'external' ? 'display_name' : 'group_name';
  const what = {
    Users: {
      username: userName,
      [shape === 'older' ? 'name' : 'full_name']: full,
      account_user_status: status,
    },
    Groups: { [named]: displayName },
    ServicePrincipals: {
      application_id: applicationId,
      display_name: displayName,
      account_sp_status: status,
    },
  }[type];
  if (shape === 'external') {
    const kind = `external_${key}_id`;
    const path = `external-${key.replace('_', '-')}s`;
    const whose = { name: `accounts/${accountId}/${path}/${externalId}`, [kind]: externalId };
    return { ...whose, internal_id: id, account_id: accountId, ...what };
  }
  const ids = shape === 'older' ? { internal_id: BigInt(id) } : { [`${key}_id`]: id };
  return { account_id: accountId, ...ids, external_id: externalId, ...what };
}
