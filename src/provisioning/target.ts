import type { IdentityApi } from '../databricks/identity-api.ts';
import type { LimitLevel } from '../databricks/limits.ts';
import type { SignIn } from '../databricks/sign-in.ts';
import type { WorkspaceAssignments, WorkspacePermission } from '../databricks/workspace-assignments.ts';
import type { ResourceLimits } from '../planning/resource-limits.ts';
import type { ScimClient } from '../scim/client.ts';
import type { RequestClass } from '../scim/types.ts';
import type { OwnIdentity } from './own-identity.ts';
import type { Policy } from './policy.ts';

/** Who of an account is to be assigned to one of its workspaces. */
export interface WantedWorkspace {
  readonly workspaceId: string;
  /** By Entra object id. */
  readonly assignments: ReadonlyMap<string, WorkspacePermission>;
  /** Whether ADMIN that somebody else gave to a listed USER is taken back. */
  readonly assert: boolean;
}

/** One SCIM endpoint that is kept equal to the source. */
export interface Target {
  /** Names the target in messages, rows and logs. Derived from the account, so that a new host name keeps the links. */
  readonly id: string;
  readonly level: LimitLevel;
  readonly scim: ScimClient;
  /** Who goes there, as what, and what happens when they leave. */
  readonly policy: Policy;
  /** Its first plan waits for a person, whatever that audit finds. */
  readonly planFirst?: boolean | undefined;
  /** Requests per second that the owner may send; audits and plans have a budget of their own. */
  readonly ownerRates: Readonly<Record<RequestClass, number>>;
  readonly readerRates: Readonly<Record<RequestClass, number>>;
  /** What it can hold, where that is not what Databricks publishes. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** The account's identity API; undefined at a workspace, and without a credential for it. */
  readonly identities?: IdentityApi | undefined;
  /** The account that we sign in with. */
  readonly own?: OwnIdentity | undefined;
  /** Ways to sign in that are in use, by what for. */
  readonly signIns?: Readonly<Record<string, SignIn>> | undefined;
  /** How to assign to workspaces, and what is wanted there. Undefined where no credential opens that API. */
  readonly workspaces?:
    | { readonly client: WorkspaceAssignments; readonly wanted: readonly WantedWorkspace[] }
    | undefined;
}
