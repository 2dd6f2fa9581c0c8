import { type GraphAnswer, type GraphCall, NO_CONTENT, objectBody, ok, requireEventual } from './call.ts';
import { badRequest, notFound } from './errors.ts';
import { referencedId, resident, visible } from './object-routes.ts';
import { page } from './paging.ts';
import { odataType, render, SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { selectOf } from './select.ts';
import type { ObjectKind, StoredObject } from './types.ts';

const PRINCIPALS = ['user', 'group', 'servicePrincipal'] as const;
const KINDS: readonly ObjectKind[] = [...PRINCIPALS, 'device'];

/** Who is in which group. */
export const membershipRoutes: readonly Route[] = [
  route('GET', '/groups/:/members', (call, id) => members(call, id, false)),
  route('GET', '/groups/:/transitiveMembers', (call, id) => members(call, id, true)),
  route('GET', '/groups/:/members/:', (call, id, cast) => members(call, id, false, cast)),
  route('GET', '/groups/:/transitiveMembers/:', (call, id, cast) => members(call, id, true, cast)),
  route('POST', '/groups/:/members/$ref', (call, id) => {
    call.store.addMember(resident(call, 'group', id).id, referencedId(objectBody(call)['@odata.id']));
    return NO_CONTENT;
  }),
  route('DELETE', '/groups/:/members/:/$ref', (call, id, member) => {
    call.store.removeMember(resident(call, 'group', id).id, member);
    return NO_CONTENT;
  }),
  ...PRINCIPALS.flatMap(kind => [
    route('GET', `/${SET_OF[kind]}/:/memberOf`, (call, id) => memberOf(call, kind, id, false)),
    route('GET', `/${SET_OF[kind]}/:/memberOf/:`, (call, id, cast) => memberOf(call, kind, id, false, cast)),
    route('GET', `/${SET_OF[kind]}/:/transitiveMemberOf`, (call, id) => memberOf(call, kind, id, true)),
    route('GET', `/${SET_OF[kind]}/:/transitiveMemberOf/:`, (call, id, cast) =>
      memberOf(call, kind, id, true, cast),
    ),
    route('POST', `/${SET_OF[kind]}/:/checkMemberGroups`, (call, id) => check(call, visible(call, kind, id))),
  ]),
  route('POST', '/directoryObjects/:/checkMemberGroups', (call, id) => {
    const object = call.view.live(id);
    if (!object) throw notFound(id);
    return check(call, object);
  }),
];

function members(call: GraphCall, id: string, transitive: boolean, cast?: string): GraphAnswer {
  const group = visible(call, 'group', id);
  const all = transitive ? call.view.transitiveMembers(group.id) : call.view.members(group.id);
  // Source: "List members", known issue: v1.0 leaves service principals out.
  const shown = all.filter(m => call.version === 'beta' || m.kind !== 'servicePrincipal');
  return list(
    call,
    shown.filter(m => !call.faults.hides('members', m)),
    cast,
  );
}

function memberOf(
  call: GraphCall,
  kind: ObjectKind,
  id: string,
  transitive: boolean,
  cast?: string,
): GraphAnswer {
  const member = visible(call, kind, id);
  return list(call, transitive ? call.view.transitiveGroups(member.id) : call.view.groups(member.id), cast);
}

function list(call: GraphCall, objects: readonly StoredObject[], cast: string | undefined): GraphAnswer {
  if (cast === undefined) {
    const select = selectOf(call, KINDS);
    const unreadable = call.faults.unreadableMembers;
    return page(call, objects, 'directoryObjects', o =>
      unreadable.includes(o.kind) ? { '@odata.type': odataType(o.kind), id: o.id } : render(o, select, true),
    );
  }
  const kind = KINDS.find(k => `microsoft.graph.${k}`.toLowerCase() === cast.toLowerCase());
  if (!kind) throw badRequest(`Resource not found for the segment '${cast}'.`);
  requireEventual(call, true);
  const select = selectOf(call, [kind]);
  const ofKind = objects.filter(o => o.kind === kind);
  return page(call, ofKind, SET_OF[kind], o => render(o, select));
}

/** Source: "directoryObject: checkMemberGroups": at most 20 ids, transitive. Unknown ids are left out (guess). */
function check(call: GraphCall, object: StoredObject): GraphAnswer {
  const { groupIds } = objectBody(call);
  if (!Array.isArray(groupIds)) throw badRequest("Parameter 'groupIds' is required.");
  if (groupIds.length > 20) throw badRequest('The number of groupIds exceeds the limit of 20.');
  const groups = new Set(call.view.transitiveGroups(object.id).map(g => g.id));
  return ok({
    '@odata.context': `${call.origin}/${call.version}/$metadata#Collection(Edm.String)`,
    value: groupIds.filter(id => groups.has(String(id))),
  });
}
