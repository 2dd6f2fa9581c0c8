import type { Principal } from '../identity/principal.ts';

/** A user as Entra ID holds it now. Soft-deleted users are never returned as a `SourceUser`. */
export interface SourceUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string | null;
  readonly givenName: string | null;
  readonly surname: string | null;
  readonly accountEnabled: boolean;
}

/** A group as Entra ID holds it now. Display names are not unique. */
export interface SourceGroup {
  readonly id: string;
  readonly displayName: string | null;
  /** `Public`, `Private`, `HiddenMembership`, or null for security groups. */
  readonly visibility: string | null;
  readonly securityEnabled: boolean;
  readonly createdDateTime: string | null;
}

/** One entry of a group's transitive member list. */
export interface SourceMember {
  readonly id: string;
  /** `other`: devices, contacts and whatever else can be a member but is never provisioned. */
  readonly kind: 'user' | 'group' | 'servicePrincipal' | 'other';
  /** Users only, and only where the answer says so: absence is no "disabled". */
  readonly accountEnabled?: boolean;
  /** Groups only: `visibility` is `HiddenMembership`, so what lies below may be invisible to us. */
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
}

/** A member as a delta answer names it. */
export interface DeltaMember {
  readonly id: string;
  readonly kind: SourceMember['kind'];
}

/** What a round of delta pages says about one object, all pages merged; the last mention of a member wins. */
export interface DeltaChange {
  readonly kind: 'user' | 'group';
  readonly id: string;
  /** `changed`: in the recycle bin, restorable. `deleted`: gone for good. */
  readonly removed?: 'changed' | 'deleted';
  /** Users only, where the answer carries it. */
  readonly accountEnabled?: boolean;
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
