/** What the directory stores, and what its creator may hand in. */

export type ObjectKind = 'user' | 'group' | 'servicePrincipal' | 'device';

/** One version of a directory object. Versions are never changed, only succeeded. */
export interface StoredObject {
  readonly id: string;
  readonly kind: ObjectKind;
  /** Set while the object is in the recycle bin. */
  readonly deletedDateTime: string | null;
  /** Everything else, by its Graph name. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface StoredAssignment {
  readonly id: string;
  readonly appRoleId: string;
  readonly principalId: string;
  readonly resourceId: string;
  readonly createdDateTime: string;
}

export interface SeedUser {
  id?: string;
  userPrincipalName: string;
  displayName?: string | null;
  givenName?: string | null;
  surname?: string | null;
  mail?: string | null;
  accountEnabled?: boolean;
  userType?: string | null;
  [property: string]: unknown;
}

export interface SeedGroup {
  id?: string;
  displayName: string | null;
  securityEnabled?: boolean;
  visibility?: string | null;
  /** Ids of direct members of any kind; they may be seeded after the group. */
  members?: readonly string[];
  [property: string]: unknown;
}

export interface SeedServicePrincipal {
  id?: string;
  appId?: string;
  displayName?: string | null;
  accountEnabled?: boolean;
  /** `Application` (default) or `ManagedIdentity`. */
  servicePrincipalType?: string | null;
  /** What can be assigned besides default access. */
  appRoles?: readonly SeedAppRole[];
  [property: string]: unknown;
}

/** Default access, the id of zeros, is never declared. */
export interface SeedAppRole {
  id: string;
  value?: string | null;
  displayName?: string;
  /** Default: users (and groups) and applications. */
  allowedMemberTypes?: readonly ('User' | 'Application')[];
  isEnabled?: boolean;
}

export interface SeedDevice {
  id?: string;
  displayName?: string | null;
  [property: string]: unknown;
}

export interface SeedAssignment {
  principalId: string;
  resourceId: string;
  /** Default: the all-zero id, "default access". */
  appRoleId?: string;
}

/** The tenant at start. Seeded objects count as old: read lag does not hide them. */
export interface DirectorySeed {
  /** The first one is the default domain. Default: `contoso.com`, `contoso.onmicrosoft.com`. */
  verifiedDomains?: readonly string[];
  users?: readonly SeedUser[];
  groups?: readonly SeedGroup[];
  servicePrincipals?: readonly SeedServicePrincipal[];
  devices?: readonly SeedDevice[];
  assignments?: readonly SeedAssignment[];
  /** Directory extensions that applications define: `extension_{32 hex digits}_{name}`. */
  extensionProperties?: readonly string[];
}

export const DEFAULT_ACCESS = '00000000-0000-0000-0000-000000000000';

/** One line of the change log that delta queries read. */
export interface LogEntry {
  readonly at: number;
  readonly kind: ObjectKind;
  readonly id: string;
  /** Names of the changed properties; `all` for creation, deletion and restore. */
  readonly properties: ReadonlySet<string> | 'all';
  /** Set when a membership of the group `id` changed. */
  readonly memberId?: string;
}

/** What change notifications are made of. */
export interface StoreChange {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly changeType: 'updated' | 'deleted';
  readonly member?: { readonly id: string; readonly removed: boolean };
}
