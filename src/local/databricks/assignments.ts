import type { Account } from './account.ts';
import { json } from './answer.ts';
import { isRecord } from './attribute-values.ts';
import { adminsOnly, noEndpoint, Refusal } from './refusal.ts';
import type { Action } from './route.ts';
import type { StoredResource } from './types.ts';

export type WorkspacePermission = 'USER' | 'ADMIN';

/** A workspace, as far as assigning to it goes. */
export interface Assignable {
  readonly id: string;
  readonly federated: boolean;
  /** Its own identities. */
  readonly store: Account;
  /** By id of the account's principal. */
  readonly assignments: Map<string, WorkspacePermission>;
  /** Whether it was created so recently that it does not know the account's principals yet. */
  readonly isUnsettled: boolean;
}

/** In words of ours. */
const LEVELS = [
  { permission_level: 'USER', description: 'Can use the workspace' },
  { permission_level: 'ADMIN', description: 'Can administer the workspace' },
];

/**
 * `…/permissionassignments` of one workspace: who of the account may be in it (docs.databricks.com, Workspace
 * Permission Assignments).
 *
 * @param path below `/permissionassignments`, empty or beginning with a slash.
 * @throws Refusal
 */
export function assignmentAction(
  method: string,
  path: string,
  { store, workspace }: { store: Account; workspace: Assignable | undefined },
): Action {
  const [, what, principal] = /^\/(principals)\/([^/]+)$/.exec(path) ?? /^\/(permissions)$/.exec(path) ?? [];
  if (path !== '' && what === undefined) throw noEndpoint();
  const methods = what === 'principals' ? ['GET', 'PUT', 'DELETE'] : ['GET'];
  if (!methods.includes(method)) throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: 'assignment',
    run(body, { isAdmin }) {
      if (!isAdmin) throw adminsOnly('/2.0/accounts/workspaces/permissionassignments');
      if (!workspace) throw new Refusal(404, 'Workspace is not found');
      // terraform-provider-databricks issue 2739.
      if (!workspace.federated) {
        throw new Refusal(400, 'Permission assignments not supported for current workspace.', {
          code: 'FEATURE_DISABLED',
        });
      }
      if (what === 'permissions') return json(200, { permissions: LEVELS });
      if (principal === undefined) return json(200, { permission_assignments: all(store, workspace) });
      if (method === 'PUT') return json(200, assign(store, workspace, principal, body));
      const permission = workspace.assignments.get(principal);
      const resource = store.find(principal);
      // Guess: one that is not there is an error, for DELETE as well.
      if (permission === undefined || !resource) throw notIn(workspace, principal);
      if (method === 'GET') return json(200, render(resource, [permission]));
      workspace.assignments.delete(principal);
      return json(200, {});
    },
  };
}

function assign(store: Account, workspace: Assignable, principal: string, body: unknown): object {
  const resource = store.find(principal);
  if (!resource || workspace.isUnsettled) throw notIn(workspace, principal);
  const permission = wanted(body);
  if (permission === undefined) {
    workspace.assignments.delete(principal);
    return render(resource, []);
  }
  // terraform-provider-databricks issue 1793. Guess: status and text.
  if (resource.type === 'Groups' && workspace.store.group(resource.displayName ?? '')) {
    throw new Refusal(400, `A group with name ${resource.displayName} already exists in the workspace.`);
  }
  workspace.assignments.set(principal, permission);
  return render(resource, [permission]);
}

/**
 * Undefined takes everything away: so does a list that is empty, or missing, or holds nothing that is known in
 * exactly that case (docs.databricks.com, Update Workspace Permission Assignment).
 */
function wanted(body: unknown): WorkspacePermission | undefined {
  const permissions: unknown = isRecord(body) ? body.permissions : undefined;
  if (!Array.isArray(permissions)) return undefined;
  if (permissions.includes('ADMIN')) return 'ADMIN';
  return permissions.includes('USER') ? 'USER' : undefined;
}

/** terraform-provider-databricks issue 5367. Guess: the status. */
function notIn(workspace: Assignable, principal: string): Refusal {
  return new Refusal(404, `Principal ${principal} not in workspace ${workspace.id}`);
}

function all(store: Account, { assignments }: Assignable): object[] {
  return [...assignments].flatMap(([principal, permission]) => {
    const resource = store.find(principal);
    return resource ? [render(resource, [permission])] : [];
  });
}

function render(resource: StoredResource, permissions: WorkspacePermission[]): object {
  const { id, type, displayName, userName, applicationId } = resource;
  const name = {
    Users: { user_name: userName },
    Groups: { group_name: displayName },
    ServicePrincipals: { service_principal_name: applicationId },
  }[type];
  const display = displayName ?? userName ?? applicationId;
  return { permissions, principal: { principal_id: BigInt(id), display_name: display, ...name } };
}
