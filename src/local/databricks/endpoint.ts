import type { Account } from './account.ts';
import { type Answer, success } from './answer.ts';
import { createResource, replaceResource } from './create.ts';
import { listResources } from './list.ts';
import { patchResource } from './patch.ts';
import type { Profile } from './profile.ts';
import { noEndpoint, notFound, Refusal } from './refusal.ts';
import { project, renderOne, type View } from './render.ts';
import type { RequestClass, ResourceType, Semantics } from './types.ts';

/** A request that addresses something: what to do, to what, and what it counts as. */
export interface Target {
  method: string;
  type: ResourceType;
  /** Undefined for the collection. */
  id: string | undefined;
  query: URLSearchParams;
  requestClass: RequestClass;
}

/** @throws Refusal for what is neither a collection nor a resource of one: `/Bulk`, `/Schemas`, `/Me` are not served. */
export function targetOf(method: string, path: string, query: URLSearchParams): Target {
  const match = /^\/(Users|Groups|ServicePrincipals)(?:\/([^/]+))?\/?$/.exec(path);
  if (!match) throw noEndpoint();
  const id = match[2] === undefined ? undefined : decoded(match[2]);
  const methods = id === undefined ? ['GET', 'POST'] : ['GET', 'PUT', 'PATCH', 'DELETE'];
  if (!methods.includes(method)) throw new Refusal(405, 'Method not allowed');
  const read = id === undefined ? 'list' : 'get';
  const requestClass = method === 'GET' ? read : method === 'PATCH' ? 'patch' : 'write';
  return { method, type: match[1] as ResourceType, id, query, requestClass };
}

export interface Serving {
  account: Account;
  profile: Profile;
  semantics: Semantics;
  locationBase: string;
  /** The instant that reads see; undefined for the present. */
  instant: number | undefined;
}

/** Does what the request asks for, synchronously. @throws Refusal */
export function serve(target: Target, body: unknown, serving: Serving): Answer {
  const { account, profile, semantics } = serving;
  const { method, type, id, query } = target;
  const locationBase = profile.locations ? serving.locationBase : undefined;
  const present: View = { account, locationBase };
  if (id === undefined) {
    if (method === 'POST') {
      const created = createResource(account, type, body, semantics);
      return success(profile, createdStatus(profile, type), renderOne(created, present));
    }
    return success(
      profile,
      200,
      listResources(profile, type, query, { ...present, instant: serving.instant }),
    );
  }
  if (method === 'GET') {
    const resource = account.get(type, id, serving.instant);
    if (!resource) throw notFound(type, id);
    const full = renderOne(resource, { ...present, instant: serving.instant });
    return success(profile, 200, project(full, query.get('attributes'), query.get('excludedAttributes')));
  }
  const current = account.get(type, id);
  if (!current) throw notFound(type, id);
  if (method === 'DELETE') {
    account.remove(type, id);
    return success(profile, 204);
  }
  if (method === 'PUT') {
    const replaced = replaceResource(account, current, body, semantics);
    return success(profile, 200, renderOne(replaced, present));
  }
  const patched = patchResource(account, current, body, semantics);
  // SCIM 2.1 reference for groups; SCIM-DBX expects 200 for the others.
  return type === 'Groups' ? success(profile, 204) : success(profile, 200, renderOne(patched, present));
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
