import { createHash } from 'node:crypto';
import { success } from './answer.ts';
import { serve, targetOf } from './endpoint.ts';
import { type Address, readablePath } from './incoming.ts';
import type { Profile } from './profile.ts';
import type { Realm } from './realm.ts';
import { adminsOnly, failedPatch, noEndpoint, Refusal } from './refusal.ts';
import { renderOne } from './render.ts';
import type { Action, Route } from './route.ts';
import type { Caller, Door } from './sign-in.ts';
import type { StoredResource } from './types.ts';

export interface ScimPlace {
  readonly realm: Realm;
  readonly profile: Profile;
  readonly door: Door;
  /** Before `/Users/1` in `meta.location`. */
  readonly locationBase: string;
  readonly hidesUnused: boolean;
}

/**
 * A request to one of the SCIM endpoints.
 *
 * @param basePath of the URL, up to and with `/scim/v2`.
 * @param address what comes below it.
 */
export function scimRoute(place: ScimPlace, basePath: string, address: Address): Route {
  const { realm, profile, door } = place;
  return {
    profile,
    door,
    path: readablePath(address),
    action(method) {
      if (profile.isWorkspace && address.path === '/Me') return me(method, place);
      const target = targetOf(method, address.path, address.query);
      return {
        requestClass: target.requestClass,
        failure: failedPatch(target.type).detail,
        run(body, { isAdmin }) {
          if (!isAdmin && method !== 'GET') throw adminsOnly(`${basePath}/${target.type}`);
          return serve({ ...target, query: isAdmin ? target.query : namesOnly(target.query) }, body, {
            account: realm.store,
            profile,
            semantics: realm.semantics,
            listing: {
              listsMembers: realm.listsMembers && isAdmin,
              hidesUnused: place.hidesUnused,
              shown: count => realm.nextLength(count),
            },
            locationBase: place.locationBase,
            moment: method === 'GET' ? realm.nextMoment() : undefined,
          });
        },
      };
    },
  };
}

/** Who is no admin sees ids and display names (docs.databricks.com, SCIM API). */
function namesOnly(query: URLSearchParams): URLSearchParams {
  const limited = new URLSearchParams(query);
  limited.set('attributes', 'id,displayName');
  return limited;
}

/** The caller as the workspace knows him; service principals too are shown as users, under their application id. */
function me(method: string, { realm, profile }: ScimPlace): Action {
  if (method !== 'GET') throw noEndpoint();
  return {
    requestClass: 'get',
    run(_body, caller) {
      const known = whoIs(caller, realm);
      const view = { account: realm.store, profile };
      const { applicationId, ...shown } = renderOne(known ?? stranger(caller), view);
      const schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
      return success(profile, 200, { ...shown, schemas, userName: shown.userName ?? applicationId });
    },
  };
}

function whoIs({ id, names }: Caller, { store }: Realm): StoredResource | undefined {
  if (id !== undefined) {
    const found = store.find(id);
    if (!found) throw new Refusal(404, `User with id ${id} is not found`);
    return found;
  }
  const isCaller = ({ externalId, applicationId, userName }: StoredResource): boolean =>
    [externalId, applicationId, userName].some(name => name !== undefined && names.includes(name));
  return [...store.list('ServicePrincipals'), ...store.list('Users')].find(isCaller);
}

/** Somebody whom no test has put into the workspace. Guess: shown all the same, under an id that nobody else has. */
function stranger({ names }: Caller): StoredResource {
  const name = names[0] ?? 'unknown';
  const id = createHash('sha256').update(name).digest().readUIntBE(0, 6);
  const none = new Set<string>();
  return {
    type: 'Users',
    id: `${id}`,
    userName: name,
    active: true,
    roles: none,
    entitlements: none,
    members: none,
  };
}
