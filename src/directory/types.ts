import type { Principal, PrincipalKind } from '../identity/principal.ts';

/**
 * Everything that was read of an object, by its Graph name: what is always read and what `select` adds. Annotations
 * (`@odata.…`) are left out. A directory extension that has no value may be missing altogether.
 */
export type SourceProperties = Readonly<Record<string, unknown>>;

/** A user as Entra ID holds it now. Soft-deleted users are never returned as a `SourceUser`. */
export interface SourceUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
  readonly accountEnabled: boolean;
  /** `Member`, `Guest`, or null: old and some synchronized users have none. */
  readonly userType: string | null;
  readonly properties: SourceProperties;
}

/** A group as Entra ID holds it now. Display names are not unique. */
export interface SourceGroup {
  readonly id: string;
  readonly displayName: string | null;
  /** `Public`, `Private`, `HiddenMembership`, or null for security groups. */
  readonly visibility: string | null;
  readonly securityEnabled: boolean;
  readonly mailEnabled: boolean | null;
  /** Holds `Unified` for Microsoft 365 groups and `DynamicMembership` for those whose members follow a rule. */
  readonly groupTypes: readonly string[];
  readonly createdDateTime: string | null;
  readonly properties: SourceProperties;
}

/** A service principal as Entra ID holds it now: the tenant's instance of an application, or a managed identity. */
export interface SourceServicePrincipal {
  readonly id: string;
  /** The application (client) id: what Databricks calls the application id. */
  readonly appId: string;
  readonly displayName: string | null;
  readonly accountEnabled: boolean;
  /** `Application`, `ManagedIdentity`, `Legacy`, `SocialIdp`, or null. */
  readonly servicePrincipalType: string | null;
  readonly properties: SourceProperties;
}

/** What a principal of each kind is read as. */
export interface SourcePrincipals {
  readonly user: SourceUser;
  readonly group: SourceGroup;
  readonly servicePrincipal: SourceServicePrincipal;
}

/** One entry of a group's member list, direct or transitive. */
export interface SourceMember {
  readonly id: string;
  /** `other`: devices, contacts and whatever else can be a member but is never provisioned. */
  readonly kind: 'user' | 'group' | 'servicePrincipal' | 'other';
  /** Users and service principals, and only where the answer says so: absence is no "disabled". */
  readonly accountEnabled?: boolean;
  /** Groups only: `visibility` is `HiddenMembership`, or not told to us, so what lies below may be invisible. */
  readonly hiddenMembership?: boolean;
}

/** An app-role assignment on the enterprise application. One principal may hold several roles. */
export interface Assignment {
  readonly id: string;
  readonly principal: Principal;
  readonly appRoleId: string;
}

/** An object in the recycle bin. */
export interface DeletedObject {
  readonly id: string;
  readonly deletedDateTime: string | null;
}

export interface EnterpriseApplication {
  readonly id: string;
  readonly appId: string;
  readonly displayName: string | null;
  /** The declared roles. "Default access", the id of zeros, is not among them. */
  readonly appRoles: readonly AppRole[];
}

export interface AppRole {
  /** What `Assignment.appRoleId` names. */
  readonly id: string;
  readonly value: string | null;
}

/** A member as a delta answer names it. */
export interface DeltaMember {
  readonly id: string;
  readonly kind: SourceMember['kind'];
}

/** What a round of delta pages says about one object, all pages merged; the last mention of a member wins. */
export interface DeltaChange {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** `changed`: in the recycle bin, restorable. `deleted`: gone for good. */
  readonly removed?: 'changed' | 'deleted';
  /** Users and service principals, where the answer carries it. */
  readonly accountEnabled?: boolean;
  /** Users, where the answer carries it. */
  readonly userPrincipalName?: string;
  readonly addedMembers: readonly DeltaMember[];
  readonly removedMembers: readonly DeltaMember[];
}

/** Everything that changed since a delta link, and the link for the next round. */
export interface DeltaRound {
  readonly changes: readonly DeltaChange[];
  readonly deltaLink: string;
}

/** A change-notification subscription. Graph answers `clientState` as null, so it is not part of this. */
export interface Subscription {
  readonly id: string;
  /** As stored by Graph: case and leading slash may differ from what was asked for (`Users`, `/users`). */
  readonly resource: string;
  readonly changeType: string;
  readonly notificationUrl: string;
  readonly lifecycleNotificationUrl: string | null;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface NewSubscription {
  /** `/users` or `/groups`. */
  readonly resource: string;
  readonly notificationUrl: string;
  /** Cannot be added later: delete and create instead. */
  readonly lifecycleNotificationUrl?: string;
  /** At most 128 characters; comes back in every notification. */
  readonly clientState: string;
  /** Milliseconds since the epoch; Graph allows at most 41,760 minutes from now for users and groups. */
  readonly expiresAt: number;
}
