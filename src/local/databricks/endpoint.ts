import type { Account } from './account.ts';
import { type Answer, success } from './answer.ts';
import { createResource, replaceResource } from './create.ts';
import { type Listing, listResources } from './list.ts';
import { patchResource } from './patch.ts';
import type { Profile } from './profile.ts';
import { noEndpoint, notFound, notPermitted, Refusal } from './refusal.ts';
import { project, renderOne, type View } from './render.ts';
import { isSystemGroup } from './system-groups.ts';
import type { LimitedClass, Moment, ResourceType, Semantics } from './types.ts';

/** A request that addresses something: what to do, to what, and what it counts as. */
export interface Target {
  method: string;
  type: ResourceType;
  /** Undefined for the collection. */
  id: string | undefined;
  query: URLSearchParams;
  requestClass: LimitedClass;
}

/** @throws Refusal for what is neither a collection nor a resource of one: `/Bulk` and `/Schemas` are not served. */
export function targetOf(method: string, path: string, query: URLSearchParams): Target {
  const match = /^\/(Users|Groups|ServicePrincipals)(?:\/([^/]+))?\/?$/.exec(path);
  if (!match) throw noEndpoint();
  const id = match[2] === undefined ? undefined : decoded(match[2]);
  const methods = id === undefined ? ['GET', 'POST'] : ['GET', 'PUT', 'PATCH', 'DELETE'];
  if (!methods.includes(method)) throw new Refusal(405, 'Method not allowed');
  const type = match[1] as ResourceType;
  return { method, type, id, query, requestClass: classOf(method, type, id) };
}

function classOf(method: string, type: ResourceType, id: string | undefined): LimitedClass {
  const isGroup = type === 'Groups';
  switch (method) {
    case 'GET':
      return id === undefined ? 'list' : 'get';
    case 'PATCH':
      return isGroup ? 'groupPatch' : 'patch';
    case 'DELETE':
      return isGroup ? 'groupDelete' : 'write';
    default:
      return 'write';
  }
}

export interface Serving {
  account: Account;
  profile: Profile;
  semantics: Semantics;
  listing: Listing;
  locationBase: string;
  /** What reads see. */
  moment: Moment;
}

/** Does what the request asks for, synchronously. @throws Refusal */
export function serve(target: Target, body: unknown, serving: Serving): Answer {
  const { account, profile, semantics } = serving;
  const { method, type, id, query } = target;
  const locationBase = profile.locations ? serving.locationBase : undefined;
  const present: View = { account, profile, locationBase };
  if (id === undefined) {
    if (method === 'POST') {
      const created = createResource(account, type, body, semantics);
      return success(profile, createdStatus(profile, type), renderOne(created, present));
    }
    const view = { ...present, moment: serving.moment };
    return success(profile, 200, listResources(type, query, view, serving.listing));
  }
  if (method === 'GET') {
    const resource = account.get(type, id, serving.moment);
    if (!resource) throw notFound(type, id);
    const full = renderOne(resource, { ...present, moment: serving.moment });
    return success(profile, 200, project(full, query.get('attributes'), query.get('excludedAttributes')));
  }
  const current = account.get(type, id);
  if (!current) throw notFound(type, id);
  if (method === 'DELETE') {
    // Guess: the system's own groups, and what is the account's, are refused like that.
    if (isSystemGroup(current) || current.fromAccount) throw notPermitted();
    account.remove(type, id);
    return success(profile, 204);
  }
  if (method === 'PUT') {
    const replaced = replaceResource(account, current, body, semantics);
    return success(profile, 200, renderOne(replaced, present));
  }
  const patched = patchResource(account, current, body, semantics);
  // SCIM 2.1 reference for groups; SCIM-DBX expects 200 for the others, and either for groups. Guess: workspaces
  // answer as WSO2 Charon does.
  const isBare = type === 'Groups' && !profile.isWorkspace;
  return isBare ? success(profile, 204) : success(profile, 200, renderOne(patched, present));
}

/** The example of the SCIM 2.1 reference answers 200 to a new service principal; clients have met 201. */
function createdStatus(profile: Profile, type: ResourceType): number {
  return type === 'ServicePrincipals' && profile.apiVersion === '2.1' ? 200 : 201;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw noEndpoint();
  }
}
