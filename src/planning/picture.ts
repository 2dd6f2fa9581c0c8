import type { RowClass } from '../identity/change.ts';
import type { Attributes } from '../identity/desired.ts';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import type { ExistingResource } from './adoption.ts';
import type { KnownAssignment } from './workspace-assignment.ts';

/** What the target should hold of one principal in scope. */
export interface DesiredResource {
  /** All attributes of a create. */
  readonly create: Attributes;
  /** What a linked resource must hold. */
  readonly set: Attributes;
  /** Values by which an existing resource is recognised. */
  readonly match: Readonly<Record<string, string>>;
  /** A resource of this name that belongs to nobody may be adopted without asking. */
  readonly adoptableName?: string | undefined;
}

export interface DesiredGroup extends DesiredResource {
  /** Entra ids of everybody who should be a member, provisioned or not, with their kind. */
  readonly members: ReadonlyMap<string, PrincipalKind>;
  readonly createdDateTime: string | null;
  /** Its members cannot be seen completely: they are not compared. */
  readonly hidden: boolean;
}

/** The source as one complete read shows it. */
export interface DesiredPicture {
  /** In scope and enabled. */
  readonly users: ReadonlyMap<string, DesiredResource>;
  readonly servicePrincipals: ReadonlyMap<string, DesiredResource>;
  readonly groups: ReadonlyMap<string, DesiredGroup>;
  /** Groups out of scope whose assignment brings their members into it all the same. */
  readonly followed?: readonly string[];
}

/** A target as one complete read shows it, in our flat form. */
export interface ActualResource extends ExistingResource {
  readonly scimId: string;
  readonly attributes: Attributes;
}

export interface ActualPicture {
  readonly resources: Readonly<Record<PrincipalKind, readonly ActualResource[]>>;
  /** SCIM ids of the members of groups that are ours or could become ours. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface KnownLink {
  readonly principal: Principal;
  readonly status: 'creating' | 'linked' | 'gone';
  readonly scimId?: string;
  readonly name: string;
  readonly written: Attributes;
  readonly unsettled: boolean;
  /** It left: by policy, what the target holds of it stays as it is for now, or is to be deleted. */
  readonly leaver?: 'stays' | 'goes' | undefined;
  /** For groups: what we wrote, Entra id -> SCIM id. */
  readonly members?: Readonly<Record<string, string>>;
  /** By workspace id, where we assigned it. */
  readonly workspaces?: Readonly<Record<string, KnownAssignment>> | undefined;
}

export type PlanAction =
  | 'create'
  | 'adopt'
  | 'propose-adoption'
  | 'refuse-adoption'
  | 'ambiguous-match'
  | 'update'
  | 'deactivate'
  | 'members'
  | 'missing-in-target'
  | 'switched-off-in-target'
  | 'name-in-use'
  /** Reserved by Databricks or protected by the configuration: neither created nor taken over. */
  | 'protected-name'
  | 'unknown-in-source'
  | 'assign-workspace'
  | 'unassign-workspace';

export interface PlanItem {
  readonly principal: Principal;
  readonly action: PlanAction;
  readonly rowClass: RowClass;
  readonly scimId?: string;
  /** Attribute names, Entra ids of members, or SCIM ids of candidates; never values. */
  readonly detail: readonly string[];
  /** Of what takes an account or a group away: the workspaces that are lost with it, as far as we assigned them. */
  readonly workspaces?: readonly string[];
}

/** By which attributes an existing resource is recognised, per kind, first match first. */
export type Matching = Readonly<Record<PrincipalKind, readonly string[]>>;
