import { type GraphAnswer, type GraphCall, NO_CONTENT, objectBody, ok, requireEventual } from './call.ts';
import { badRequest, GraphFailure, notFound } from './errors.ts';
import { parseFilter } from './filter.ts';
import { page } from './paging.ts';
import { render, SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { selectOf } from './select.ts';
import type { ObjectKind, SeedGroup, SeedServicePrincipal, SeedUser, StoredObject } from './types.ts';

/** Reading and writing users, groups and service principals themselves. */
export const objectRoutes: readonly Route[] = [
  ...(['user', 'group', 'servicePrincipal'] as const).flatMap(kind => [
    route('GET', `/${SET_OF[kind]}`, call => list(call, kind)),
    route('GET', `/${SET_OF[kind]}/:`, (call, id) => get(call, kind, id)),
    route('PATCH', `/${SET_OF[kind]}/:`, (call, id) => patch(call, kind, id)),
    route('DELETE', `/${SET_OF[kind]}/:`, (call, id) => {
      call.store.delete(resident(call, kind, id).id);
      return NO_CONTENT;
    }),
  ]),
  route('POST', '/users', createUser),
  route('POST', '/groups', createGroup),
  route('POST', '/servicePrincipals', call => {
    const created = call.store.addServicePrincipal(objectBody(call) as SeedServicePrincipal);
    return answerCreated(call, created);
  }),
  route('POST', '/directoryObjects/getByIds', getByIds),
  route('GET', '/organization', call =>
    ok({
      '@odata.context': `${call.origin}/${call.version}/$metadata#organization`,
      value: [
        {
          id: call.tenantId,
          displayName: 'Contoso',
          verifiedDomains: call.store.verifiedDomains.map((name, i) => ({
            capabilities: 'Email, OfficeCommunicationsOnline',
            isDefault: i === 0,
            isInitial: name.endsWith('.onmicrosoft.com'),
            name,
            type: 'Managed',
          })),
        },
      ],
    }),
  ),
];

/** The object as this request's replica shows it. @throws GraphFailure 404. */
export function visible(call: GraphCall, kind: ObjectKind, id: string): StoredObject {
  const named = kind === 'user' && id.includes('@') ? call.store.idOfUser(id) : id;
  const object = call.view.live(named ?? id, kind);
  if (!object || call.faults.hides('get', object)) throw notFound(id);
  return object;
}

/** The object as it really is: writes go to the primary. @throws GraphFailure 404. */
export function resident(call: GraphCall, kind: ObjectKind, id: string): StoredObject {
  const object = call.store.truth.live((kind === 'user' && call.store.idOfUser(id)) || id, kind);
  if (!object) throw notFound(id);
  return object;
}

function list(call: GraphCall, kind: ObjectKind): GraphAnswer {
  const filter = call.query.get('$filter');
  // Source: "Advanced query capabilities on Microsoft Entra ID objects".
  if (/endswith\(/i.test(filter ?? '') || call.query.get('$count') !== undefined) requireEventual(call, true);
  const all = call.view.list(kind).filter(o => !call.faults.hides('list', o));
  const wanted = filter === undefined ? all : all.filter(parseFilter(filter));
  const select = selectOf(call, [kind]);
  return page(call, wanted, SET_OF[kind], object => render(object, select));
}

function get(call: GraphCall, kind: ObjectKind, id: string): GraphAnswer {
  const object = visible(call, kind, id);
  const select = selectOf(call, [kind], 'one');
  const context = `${SET_OF[kind]}${select ? `(${select.join(',')})` : ''}/$entity`;
  return ok({
    '@odata.context': `${call.origin}/${call.version}/$metadata#${context}`,
    ...render(object, select),
  });
}

const READ_ONLY = ['id', 'createdDateTime', 'deletedDateTime'];

function patch(call: GraphCall, kind: ObjectKind, id: string): GraphAnswer {
  const target = resident(call, kind, id);
  const { 'members@odata.bind': bound, ...properties } = objectBody(call);
  const readOnly = READ_ONLY.find(name => name in properties);
  if (readOnly) throw badRequest(`Property '${readOnly}' is read-only and cannot be set.`);
  if (kind === 'user') refuseForeignDomain(call, properties.userPrincipalName);
  // Source: "Create group": hidden membership can be set only when a group is created.
  if (
    kind === 'group' &&
    properties.visibility === 'HiddenMembership' &&
    target.properties.visibility !== 'HiddenMembership'
  ) {
    throw badRequest('Hidden membership can only be set on creation of a group.');
  }
  if (Object.keys(properties).length > 0) call.store.update(target.id, properties);
  addBound(call, target.id, bound);
  return NO_CONTENT;
}

function createUser(call: GraphCall): GraphAnswer {
  const body = objectBody(call);
  for (const name of [
    'accountEnabled',
    'displayName',
    'mailNickname',
    'passwordProfile',
    'userPrincipalName',
  ]) {
    if (body[name] === undefined || body[name] === null || body[name] === '') {
      throw badRequest(`A value is required for property '${name}' of resource 'User'.`);
    }
  }
  refuseForeignDomain(call, body.userPrincipalName);
  const { passwordProfile: _, id: __, ...user } = body;
  return answerCreated(call, call.store.addUser(user as SeedUser));
}

function createGroup(call: GraphCall): GraphAnswer {
  const body = objectBody(call);
  for (const name of ['displayName', 'mailEnabled', 'mailNickname', 'securityEnabled']) {
    if (body[name] === undefined || body[name] === null || body[name] === '') {
      throw badRequest(`A value is required for property '${name}' of resource 'Group'.`);
    }
  }
  const { 'members@odata.bind': bound, 'owners@odata.bind': _, id: __, ...group } = body;
  const created = call.store.addGroup(group as unknown as SeedGroup);
  addBound(call, created.id, bound);
  return answerCreated(call, created);
}

function answerCreated(call: GraphCall, object: StoredObject): GraphAnswer {
  const context = `${call.origin}/${call.version}/$metadata#${SET_OF[object.kind]}/$entity`;
  return {
    status: 201,
    headers: { Location: `${call.origin}/${call.version}/${SET_OF[object.kind]}/${object.id}` },
    body: { '@odata.context': context, ...render(object, undefined) },
  };
}

/** Source: "Add members": at most 20 references in one PATCH. */
function addBound(call: GraphCall, groupId: string, bound: unknown): void {
  if (bound === undefined) return;
  if (!Array.isArray(bound) || bound.length > 20) throw badRequest("Invalid value for 'members@odata.bind'.");
  for (const reference of bound) call.store.addMember(groupId, referencedId(reference));
}

/** The id in `…/directoryObjects/{id}` or `…/users/{id}`. */
export function referencedId(reference: unknown): string {
  const match =
    typeof reference === 'string'
      ? /\/(?:directoryObjects|users|groups|servicePrincipals|devices)\/([^/]+)$/i.exec(reference)
      : null;
  if (!match?.[1]) throw badRequest('Invalid URL format specified in @odata.id.');
  return match[1];
}

function refuseForeignDomain(call: GraphCall, name: unknown): void {
  if (name === undefined) return;
  const domain = typeof name === 'string' ? /^[^@\s]+@([^@\s]+)$/.exec(name)?.[1]?.toLowerCase() : undefined;
  if (domain === undefined) throw badRequest('Property userPrincipalName is invalid.');
  if (!call.store.verifiedDomains.some(d => d.toLowerCase() === domain)) {
    throw badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    );
  }
}

function getByIds(call: GraphCall): GraphAnswer {
  const { ids, types } = objectBody(call);
  if (!Array.isArray(ids)) throw badRequest("Parameter 'ids' is required.");
  if (ids.length > 1000)
    throw new GraphFailure(400, 'Request_BadRequest', 'Too many ids: at most 1000 are allowed.');
  const kinds = Array.isArray(types) ? types.map(t => String(t).toLowerCase()) : undefined;
  const found = ids
    .map(id => call.view.live(String(id)))
    .filter(o => o !== undefined)
    .filter(o => !call.faults.hides('get', o))
    .filter(o => !kinds || kinds.includes('directoryobject') || kinds.includes(o.kind.toLowerCase()));
  return ok({
    '@odata.context': `${call.origin}/${call.version}/$metadata#directoryObjects`,
    // Source: "directoryObject: getByIds": all properties are returned, `$select` is not supported.
    value: found.map(o => ({ ...render(o, undefined, true), ...o.properties })),
  });
}
