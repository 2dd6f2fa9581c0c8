import type { Account } from './account.ts';
import type { AimMode } from './aim.ts';
import { json } from './answer.ts';
import { assignmentAction } from './assignments.ts';
import { type Address, addressOf, readablePath } from './incoming.ts';
import { matchAction, matchPath } from './match-with-idp.ts';
import { ACCOUNT_PROFILES, PLATFORM_PROFILE } from './profile.ts';
import type { Realm } from './realm.ts';
import { adminsOnly, noEndpoint, Refusal } from './refusal.ts';
import { resolveAction } from './resolve.ts';
import { type Action, type Route, unserved } from './route.ts';
import { type RuleSets, ruleSetAction } from './rule-sets.ts';
import { scimRoute } from './scim-route.ts';
import type { Door, SignIn } from './sign-in.ts';
import type { LocalWorkspace } from './workspace.ts';

/** The account, as its routes need it. */
export interface AccountSide extends Realm {
  readonly accountId: string;
  readonly url: string;
  readonly store: Account;
  readonly signIn: SignIn;
  readonly aim: AimMode;
  readonly ruleSets: RuleSets;
  /** By id. */
  readonly workspaces: ReadonlyMap<string, LocalWorkspace>;
}

/** Where a request to the account's host goes. */
export function accountRoute(account: AccountSide, url: string): Route {
  const address = addressOf(url);
  const door = { issuer: 'account', takesScimToken: false, standings: [account.callers] };
  return scim(account, address, door) ?? platform(account, address, door) ?? nowhere(url, door);
}

/** Both versions of account SCIM. An unknown version, or another account, leads nowhere. */
function scim(account: AccountSide, { path, query }: Address, door: Door): Route | undefined {
  const [, base, version = '', accountId, below] =
    /^(\/api\/([^/]+)\/accounts\/([^/]+)\/scim\/v2)(\/.*)$/.exec(path) ?? [];
  if (base === undefined || below === undefined) return undefined;
  const profile = ACCOUNT_PROFILES[version];
  const address = { path: below, query };
  if (accountId !== account.accountId || !profile) {
    return unserved({ profile: profile ?? PLATFORM_PROFILE, path: readablePath(address), door });
  }
  return scimRoute(
    {
      realm: account,
      profile,
      door: { ...door, takesScimToken: version === '2.1' },
      locationBase: `${account.url}${base}`,
      hidesUnused: account.aim.hidesUnused,
    },
    base,
    address,
  );
}

/** Everything of the account that is not SCIM. */
function platform(account: AccountSide, address: Address, door: Door): Route | undefined {
  const { path } = address;
  const common = { profile: PLATFORM_PROFILE, path: readablePath(address) };
  if (path === `/oidc/accounts/${account.accountId}/v1/token`) {
    return { ...common, door: undefined, action: method => tokenAction(method, account.signIn, 'account') };
  }
  const action = platformAction(account, address);
  return action && { ...common, door, action };
}

function platformAction(account: AccountSide, { path, query }: Address): Route['action'] | undefined {
  const identity = below(path, `/api/2.0/identity/accounts/${account.accountId}`);
  const match = matchPath(identity ?? '');
  if (match !== undefined) return method => matchAction(method, match, account);
  if (identity !== undefined) return method => resolveAction(method, identity, account);
  if (path === `/api/2.0/preview/accounts/${account.accountId}/access-control/rule-sets`)
    return method => ruleSetAction(method, query, account);
  const workspaces =
    below(path, `/api/2.0/accounts/${account.accountId}/workspaces`) ??
    below(path, `/api/2.0/preview/accounts/${account.accountId}/workspaces`);
  if (workspaces === undefined) return undefined;
  const [, id, rest] = /^\/([^/]+)\/permissionassignments(.*)$/.exec(workspaces) ?? [];
  if (id === undefined || rest === undefined) return method => workspacesAction(method, workspaces, account);
  const workspace = account.workspaces.get(id);
  return method => assignmentAction(method, rest, { store: account.store, workspace });
}

/** A request for a token, whichever host it is for. */
export function tokenAction(method: string, { oauth }: SignIn, issuer: string): Action {
  if (method !== 'POST') throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: undefined,
    run: (_body, _caller, { headers, text }) =>
      oauth.answer(headers.authorization, new URLSearchParams(text), issuer),
  };
}

function workspacesAction(method: string, path: string, account: AccountSide): Action {
  const id = /^\/([^/]+)$/.exec(path)?.[1];
  if (path !== '' && id === undefined) throw noEndpoint();
  if (method !== 'GET') throw new Refusal(405, 'Method not allowed');
  return {
    requestClass: 'assignment',
    run(_body, { isAdmin }) {
      if (!isAdmin) throw adminsOnly('/2.0/accounts/workspaces');
      if (id === undefined) {
        return json(
          200,
          [...account.workspaces.values()].map(workspace => renderWorkspace(workspace, account)),
        );
      }
      const workspace = account.workspaces.get(id);
      if (!workspace) throw new Refusal(404, `Workspace ${id} is not found`);
      return json(200, renderWorkspace(workspace, account));
    },
  };
}

/** Fields as databricks-sdk-go's, service/provisioning; the last one as Databricks' AIM script reads it. */
function renderWorkspace({ id, name, federated }: LocalWorkspace, { accountId }: AccountSide): object {
  return {
    account_id: accountId,
    workspace_id: BigInt(id),
    workspace_name: name,
    deployment_name: `adb-${id}.0`,
    workspace_status: 'RUNNING',
    pricing_tier: 'PREMIUM',
    azure_workspace_info: {
      subscription_id: '00000000-0000-4000-8000-000000000000',
      resource_group: 'local',
    },
    identity_federation_info: { enable_identity_federation: federated },
  };
}

function nowhere(url: string, door: Door): Route {
  return unserved({ profile: PLATFORM_PROFILE, path: url, door });
}

/** What comes after a prefix that ends a segment. */
function below(path: string, prefix: string): string | undefined {
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  return rest === '' || rest.startsWith('/') ? rest : undefined;
}
