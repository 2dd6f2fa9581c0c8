import { type AccountSide, tokenAction } from './account-routes.ts';
import { assignmentAction } from './assignments.ts';
import { addressOf, readablePath } from './incoming.ts';
import { PLATFORM_PROFILE, PROXY_PROFILE, WORKSPACE_PROFILE } from './profile.ts';
import type { Realm } from './realm.ts';
import { type Route, unserved } from './route.ts';
import { ruleSetAction } from './rule-sets.ts';
import { scimRoute } from './scim-route.ts';
import type { LocalWorkspace } from './workspace.ts';

/** Where a request to a workspace's host goes, and whose limits and log it is for. */
export function workspaceRoute(
  workspace: LocalWorkspace,
  account: AccountSide,
  url: string,
): { realm: Realm; route: Route } {
  const { path, query } = addressOf(url);
  const door = {
    issuer: workspace.id,
    takesScimToken: false,
    standings: [workspace.callers],
    workspace,
  };
  const common = { profile: PLATFORM_PROFILE, path: readablePath({ path, query }) };
  const [, base, kind, below] = /^(\/api\/2\.0\/(preview|account)\/scim\/v2)(\/.*)$/.exec(path) ?? [];
  if (base !== undefined && below !== undefined) {
    const isProxy = kind === 'account';
    const realm = isProxy ? account : workspace;
    const place = {
      realm,
      profile: isProxy ? PROXY_PROFILE : WORKSPACE_PROFILE,
      // Workspace admins may use the account's SCIM API by this way as well (api-docs.databricks.com).
      door: isProxy ? { ...door, standings: [workspace.callers, account.callers] } : door,
      locationBase: `${workspace.url}${base}`,
      hidesUnused: isProxy && account.aim.hidesUnused,
    };
    return { realm, route: scimRoute(place, base, { path: below, query }) };
  }
  if (path === '/oidc/v1/token') {
    const action: Route['action'] = method => tokenAction(method, account.signIn, workspace.id);
    return { realm: workspace, route: { ...common, door: undefined, action } };
  }
  const [, assignments] = /^\/api\/2\.0\/preview\/permissionassignments(|\/.*)$/.exec(path) ?? [];
  if (assignments !== undefined) {
    const action: Route['action'] = method =>
      assignmentAction(method, assignments, { store: account.store, workspace });
    return { realm: workspace, route: { ...common, door, action } };
  }
  // The account's, by way of the workspace: without its id (databricks-sdk-go, AccountAccessControlProxy).
  if (path === '/api/2.0/preview/accounts/access-control/rule-sets') {
    const action: Route['action'] = method => ruleSetAction(method, query, account);
    return { realm: account, route: { ...common, door, action } };
  }
  return { realm: workspace, route: unserved({ ...common, path: url, door }) };
}
