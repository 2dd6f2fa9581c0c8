import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { bearerToken, namesOf } from './incoming.ts';
import { OAuthServer } from './oauth.ts';
import { notInWorkspace, notPermitted, unauthenticated } from './refusal.ts';

/** What an identity may do. What is left out is allowed. */
export interface Standing {
  /** Account admin; for a workspace, admin of that. Others read ids and names, and write nothing. */
  admin?: boolean;
  /** For a workspace: whether it was ever added to it. */
  joined?: boolean;
  /** For a workspace: the id of what `/Me` shows. Default: whoever has the name that the token gives. */
  id?: string;
}

/** By a name that the token gives its bearer (`oid`, `appid`, client id), or by the token itself. */
export type Standings = Map<string, Standing>;

/** What is knocked at. */
export interface Door {
  /** The account, or the id of a workspace: where OAuth tokens for it are issued. */
  readonly issuer: string;
  /** The one API that an account SCIM token is for. */
  readonly takesScimToken: boolean;
  /** Whoever is admin in one of them is admin here. */
  readonly standings: readonly Standings[];
  /** Only for requests to a workspace's host. */
  readonly workspace?: {
    readonly id: string;
    readonly resourceId: string;
    readonly tokens: readonly string[];
  };
}

/** Who asks. */
export interface Caller {
  readonly isAdmin: boolean;
  readonly names: readonly string[];
  readonly id?: string;
}

export interface SignInOptions {
  /** Entra tokens for Databricks, and whatever else is to open everything. */
  acceptToken(token: string): boolean;
  /** Entra tokens for Azure's own management. Default: any but the one that is in `Authorization` as well. */
  acceptManagementToken?(token: string): boolean;
}

const MANAGEMENT_TOKEN = 'x-databricks-azure-sp-management-token';
const RESOURCE_ID = 'x-databricks-azure-workspace-resource-id';

/** The ways into an account and its workspaces. */
export class SignIn {
  /** Account SCIM tokens that are valid. */
  readonly scimTokens: string[] = [];
  readonly oauth = new OAuthServer();
  readonly #options: SignInOptions;
  /** Until when replaced SCIM tokens stay valid. */
  readonly #overlaps = new Map<string, number>();

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** @throws Refusal with 401 for an unknown token and 403 for one that is not for this door. */
  caller(headers: IncomingHttpHeaders, door: Door): Caller {
    const token = bearerToken(headers.authorization);
    if (token === undefined) throw unauthenticated();
    if (this.#isScimToken(token)) {
      if (!door.takesScimToken) throw notPermitted();
      return callerOf([token], door, true);
    }
    const client = this.oauth.holder(token, door.issuer);
    const names = [...namesOf(token), token];
    const isKnown = client ?? (door.workspace?.tokens.includes(token) || this.#options.acceptToken(token));
    if (!isKnown) throw unauthenticated();
    return this.#joined(headers, token, door, callerOf(names, door, client?.isAdmin ?? true));
  }

  /** Makes another SCIM token. Those before it stay valid for `overlapMs`: 0 ends them at once. */
  regenerateScimToken(overlapMs: number): string {
    const token = `dsapi${randomBytes(24).toString('hex')}`;
    const until = Date.now() + overlapMs;
    for (const old of this.scimTokens)
      this.#overlaps.set(old, Math.min(until, this.#overlaps.get(old) ?? until));
    this.scimTokens.push(token);
    return token;
  }

  #isScimToken(token: string): boolean {
    const at = this.scimTokens.indexOf(token);
    if (at < 0) return false;
    if ((this.#overlaps.get(token) ?? Number.POSITIVE_INFINITY) > Date.now()) return true;
    this.scimTokens.splice(at, 1);
    return false;
  }

  /**
   * Who is not in the workspace comes in as one who may manage it in Azure, and is its admin then (databricks-sdk-go,
   * config: Azure authentication).
   */
  #joined(headers: IncomingHttpHeaders, token: string, door: Door, caller: Caller): Caller {
    const { workspace } = door;
    if (!workspace || standing(caller.names, door.standings[0])?.joined !== false) return caller;
    const management = headers[MANAGEMENT_TOKEN];
    const resourceId = headers[RESOURCE_ID];
    const accept = this.#options.acceptManagementToken ?? (other => other !== token);
    const isManager =
      typeof management === 'string' &&
      accept(management) &&
      typeof resourceId === 'string' &&
      resourceId.toLowerCase() === workspace.resourceId.toLowerCase();
    if (!isManager) throw notInWorkspace(workspace.id);
    return caller;
  }
}

function callerOf(names: readonly string[], door: Door, isAdmin: boolean): Caller {
  const known = door.standings.map(standings => standing(names, standings));
  return {
    names,
    isAdmin: isAdmin && known.some(one => one?.admin ?? true),
    id: known.find(one => one?.id !== undefined)?.id,
  };
}

function standing(names: readonly string[], standings: Standings | undefined): Standing | undefined {
  return names.map(name => standings?.get(name)).find(found => found !== undefined);
}
