import { Account } from './account.ts';
import { accountRoute } from './account-routes.ts';
import { AimMode, admitUnderAim } from './aim.ts';
import { CONTROL_PREFIX, control } from './control.ts';
import type { ControlledAccount } from './control-settings.ts';
import { LoopbackServer } from './loopback-server.ts';
import type { OAuthClient } from './oauth.ts';
import { Realm } from './realm.ts';
import type { RuleSets } from './rule-sets.ts';
import { SignIn, type SignInOptions } from './sign-in.ts';
import { DEFAULT_LIMITS } from './token-bucket.ts';
import type { AttributeWrite, Limits } from './types.ts';
import { LocalWorkspace, type WorkspaceOptions } from './workspace.ts';
import { workspaceRoute } from './workspace-routes.ts';

export interface DatabricksOptions extends SignInOptions {
  /** 0, the default, is any free port. */
  port?: number;
  accountId: string;
  limits?: Partial<Limits> | 'off';
  /** Opens the control API. Without one there is none. */
  operatorToken?: string;
}

/** One Databricks account on loopback, with its workspaces. Its own fields are those of the account. */
export class LocalDatabricks extends Realm implements ControlledAccount {
  readonly store: Account = new Account();
  readonly accountId: string;
  readonly signIn: SignIn;
  /** By id. */
  readonly workspaces = new Map<string, LocalWorkspace>();
  /** Automatic identity management. */
  readonly aim = new AimMode();
  /** Who may manage its groups and use its service principals. */
  readonly ruleSets: RuleSets = new Map();

  readonly #options: DatabricksOptions;
  readonly #server: LoopbackServer;
  #workspacesAdded = 0;

  constructor(options: DatabricksOptions) {
    super(options.limits === 'off' ? 'off' : { ...DEFAULT_LIMITS, ...options.limits }, 'ignored');
    this.#options = options;
    this.accountId = options.accountId;
    this.signIn = new SignIn(options);
    this.#server = new LoopbackServer(exchange =>
      exchange.url.startsWith(CONTROL_PREFIX)
        ? control(this, options.operatorToken, exchange)
        : this.receive(exchange, accountRoute(this, exchange.url), this.signIn),
    );
  }

  /** Scheme, host and port. */
  get url(): string {
    return this.#server.url;
  }
  get scimUrl(): string {
    return this.#base('2.1');
  }
  get scimUrl20(): string {
    return this.#base('2.0');
  }
  /** Where OAuth tokens for the account are issued. Those for a workspace: `{workspace}/oidc/v1/token`. */
  get tokenUrl(): string {
    return `${this.url}/oidc/accounts/${this.accountId}/v1/token`;
  }

  /** Account SCIM tokens. They open `/api/2.1/accounts/{id}/scim/v2/` and, whatever else accepts them, no other API. */
  get scimTokens(): string[] {
    return this.signIn.scimTokens;
  }
  /** Service principals that may ask for OAuth tokens, by application id. */
  get oauthClients(): Map<string, OAuthClient> {
    return this.signIn.oauth.clients;
  }

  /** Makes another SCIM token. Those before it stay valid for `overlapMs`: 0 ends them at once. */
  regenerateScimToken(overlapMs: number): string {
    return this.signIn.regenerateScimToken(overlapMs);
  }

  /** Ends all OAuth tokens, or those of one client, at once. */
  revokeOAuthTokens(clientId?: string): void {
    this.signIn.oauth.revoke(clientId);
  }

  /** Starts a workspace of this account. @throws when its id is taken, or its port. */
  async addWorkspace(options: WorkspaceOptions = {}): Promise<LocalWorkspace> {
    this.#workspacesAdded += 1;
    const workspace = new LocalWorkspace(
      { limits: this.#options.limits === 'off' ? 'off' : undefined, ...options },
      this.#workspacesAdded,
      this.store,
      (self, exchange) => {
        const { realm, route } = workspaceRoute(self, this, exchange.url);
        return realm.receive(exchange, route, this.signIn);
      },
    );
    if (this.workspaces.has(workspace.id)) throw new Error(`there is a workspace ${workspace.id} already`);
    this.workspaces.set(workspace.id, workspace);
    try {
      return await workspace.listen(options.port);
    } catch (error) {
      this.workspaces.delete(workspace.id);
      throw error;
    }
  }

  /** All of it as it was at the start, the workspaces too, but for who may sign in. */
  override reset(): void {
    super.reset();
    this.aim.reset();
    this.ruleSets.clear();
    for (const workspace of this.workspaces.values()) workspace.reset();
  }

  async listen(): Promise<this> {
    await this.#server.listen(this.#options.port);
    return this;
  }

  async close(): Promise<void> {
    const all = [this.#server, ...this.workspaces.values()];
    await Promise.all(all.map(server => server.close()));
  }

  protected override admit(write: AttributeWrite): void {
    admitUnderAim(this.aim, write);
  }

  #base(apiVersion: string): string {
    return `${this.url}/api/${apiVersion}/accounts/${this.accountId}/scim/v2`;
  }
}

/** Starts the local Databricks. @throws when the port is taken. */
export async function startDatabricks(options: DatabricksOptions): Promise<LocalDatabricks> {
  return new LocalDatabricks(options).listen();
}
