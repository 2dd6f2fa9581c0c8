import { type GraphAnswer, type GraphCall, NO_CONTENT, objectBody } from './call.ts';
import { badRequest, notFound } from './errors.ts';
import { resident, visible } from './object-routes.ts';
import { page } from './paging.ts';
import { SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { DEFAULT_ACCESS, type SeedAppRole, type StoredAssignment } from './types.ts';

/** App-role assignments: who is assigned to an enterprise application. */
export const assignmentRoutes: readonly Route[] = [
  route('GET', '/servicePrincipals/:/appRoleAssignedTo', (call, id) => {
    const app = visible(call, 'servicePrincipal', id);
    const shown = call.view.assignmentsTo(app.id).filter(a => {
      const holder = call.view.live(a.principalId);
      return !holder || !call.faults.hides('assignments', holder);
    });
    return page(call, shown, 'appRoleAssignments', a => show(call, a));
  }),
  route('POST', '/servicePrincipals/:/appRoleAssignedTo', create),
  route('DELETE', '/servicePrincipals/:/appRoleAssignedTo/:', (call, id, assignmentId) => {
    const app = resident(call, 'servicePrincipal', id);
    if (!call.store.truth.assignmentsTo(app.id).some(a => a.id === assignmentId))
      throw notFound(assignmentId);
    call.store.unassign(assignmentId);
    return NO_CONTENT;
  }),
  ...(['user', 'group', 'servicePrincipal'] as const).map(kind =>
    route('GET', `/${SET_OF[kind]}/:/appRoleAssignments`, (call, id) => {
      const principal = visible(call, kind, id);
      const wanted = resourceFilter(call.query.get('$filter'));
      const own = call.view.assignmentsOf(principal.id).filter(a => !wanted || a.resourceId === wanted);
      return page(call, own, 'appRoleAssignments', a => show(call, a));
    }),
  ),
];

function create(call: GraphCall, id: string): GraphAnswer {
  const app = resident(call, 'servicePrincipal', id);
  const { principalId, resourceId, appRoleId } = objectBody(call);
  if (typeof principalId !== 'string' || typeof appRoleId !== 'string') {
    throw badRequest('One or more properties are invalid: principalId and appRoleId are required.');
  }
  if (resourceId !== app.id)
    throw badRequest('The resourceId must be that of the service principal in the path.');
  const principal = call.store.truth.live(principalId);
  if (!principal || principal.kind === 'device') throw notFound(principalId);
  if (principal.kind === 'group' && principal.properties.securityEnabled !== true) {
    // Source: the connector's own page: an assigned group must be security enabled. The wording is a guess.
    throw badRequest('The group must be security enabled to be assigned to an application.');
  }
  const roles = (app.properties.appRoles ?? []) as readonly SeedAppRole[];
  const memberType = principal.kind === 'servicePrincipal' ? 'Application' : 'User';
  const known = roles.some(r => r.id === appRoleId && r.allowedMemberTypes?.includes(memberType) !== false);
  if (appRoleId !== DEFAULT_ACCESS && !known) {
    throw badRequest('Permission being assigned was not found on application');
  }
  return { status: 201, body: show(call, call.store.assign({ principalId, resourceId: app.id, appRoleId })) };
}

function show(call: GraphCall, a: StoredAssignment): Record<string, unknown> {
  const principal = call.store.objects.get(a.principalId)?.latest;
  const kind =
    principal?.kind === 'group' ? 'Group' : principal?.kind === 'user' ? 'User' : 'ServicePrincipal';
  return {
    id: a.id,
    deletedDateTime: null,
    appRoleId: a.appRoleId,
    createdDateTime: a.createdDateTime,
    principalDisplayName: principal?.properties.displayName ?? null,
    principalId: a.principalId,
    principalType: kind,
    resourceDisplayName: call.store.objects.get(a.resourceId)?.latest?.properties.displayName ?? null,
    resourceId: a.resourceId,
  };
}

/** Source: "List appRoleAssignments": `$filter=resourceId eq {id}`, the id without quotes; with quotes is accepted too. */
function resourceFilter(filter: string | undefined): string | undefined {
  if (filter === undefined) return undefined;
  const match = /^resourceId eq '?([^'\s]+)'?$/i.exec(filter.trim());
  if (!match?.[1]) throw badRequest('Invalid filter clause.');
  return match[1];
}
