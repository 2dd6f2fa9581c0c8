import type { Account } from './account.ts';
import type { Assignable, WorkspacePermission } from './assignments.ts';
import { type Exchange, type Handler, LoopbackServer } from './loopback-server.ts';
import { Realm } from './realm.ts';
import { notPermitted, notSupportedHere, Refusal } from './refusal.ts';
import { WORKSPACE_LIMITS } from './token-bucket.ts';
import type { AttributeWrite, Limits, Semantics } from './types.ts';
import { WorkspaceStore } from './workspace-store.ts';

export interface WorkspaceOptions {
  /** Digits. Default: one of its own. */
  id?: string;
  name?: string;
  /** Whether its identities are those of the account. Default: no, so that it has SCIM of its own. */
  federated?: boolean;
  /** 0, the default, is any free port. */
  port?: number;
  limits?: Partial<Limits> | 'off';
  /** How long after this moment it does not know the principals that are assigned to it, in milliseconds. Default: 0. */
  unsettledForMs?: number;
}

/** One workspace of the account, on a loopback host of its own. */
export class LocalWorkspace extends Realm implements Assignable {
  readonly store: WorkspaceStore;
  readonly id: string;
  readonly name: string;
  /** May be switched while it runs. */
  federated: boolean;
  /** Its Azure resource id, which management-token headers name. */
  readonly resourceId: string;
  /** Personal access tokens, valid here alone. */
  readonly tokens: string[] = [];
  readonly assignments = new Map<string, WorkspacePermission>();
  /** Until when it does not know the principals that are assigned to it. */
  unsettledUntil: number;

  readonly #server: LoopbackServer;
  readonly #account: Account;

  /** @param number of the workspace within its account, from 1. */
  constructor(
    options: WorkspaceOptions,
    number: number,
    account: Account,
    handler: (workspace: LocalWorkspace, exchange: Exchange) => ReturnType<Handler>,
  ) {
    super(options.limits === 'off' ? 'off' : { ...WORKSPACE_LIMITS, ...options.limits }, 'kept');
    // Azure's are sixteen digits long.
    this.id = options.id ?? `${4_100_000_000_000_000 + number}`;
    this.name = options.name ?? `workspace-${number}`;
    this.federated = options.federated ?? false;
    this.resourceId = `/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/local/providers/Microsoft.Databricks/workspaces/${this.name}`;
    this.unsettledUntil = Date.now() + (options.unsettledForMs ?? 0);
    this.#account = account;
    this.store = new WorkspaceStore(number, () => this.#assigned());
    this.#server = new LoopbackServer(exchange => handler(this, exchange));
  }

  get url(): string {
    return this.#server.url;
  }
  /** SCIM of the workspace's own identities. */
  get scimUrl(): string {
    return `${this.url}/api/2.0/preview/scim/v2`;
  }
  /** SCIM of the account's identities, by way of this workspace. */
  get proxyUrl(): string {
    return `${this.url}/api/2.0/account/scim/v2`;
  }
  get isUnsettled(): boolean {
    return Date.now() < this.unsettledUntil;
  }

  override get semantics(): Semantics {
    return { ...super.semantics, userDisplayName: this.federated ? 'ignored' : 'kept' };
  }

  override reset(): void {
    super.reset();
    this.assignments.clear();
  }

  async listen(port?: number): Promise<this> {
    await this.#server.listen(port);
    return this;
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  protected override admit({ type, current, attributes, displayName }: AttributeWrite): void {
    // Guess: what is the account's is not changed from here.
    if (current?.fromAccount) throw notPermitted();
    if (!this.federated) return;
    if (attributes.has('members')) throw notSupportedHere('Members');
    if (attributes.has('groups')) throw notSupportedHere('Groups');
    // terraform-provider-databricks issue 1458. Guess: the status, which speaks of a group that is there.
    if (type === 'Groups' && !current && this.#account.group(`${displayName}`)) {
      throw new Refusal(404, `group Account group with name ${displayName} not found`);
    }
  }

  *#assigned() {
    if (!this.federated) return;
    for (const principal of this.assignments.keys()) {
      const resource = this.#account.find(principal);
      if (resource) yield resource;
    }
  }
}
