/** Vocabulary of the local Databricks. */

export type ResourceType = 'Users' | 'Groups' | 'ServicePrincipals';

/** A stored user, group or service principal. Never changed in place: a write replaces it. */
export interface StoredResource {
  readonly type: ResourceType;
  /** An int64 as text, above 2^53: two neighbours are equal to a client that reads them as numbers. */
  readonly id: string;
  readonly displayName?: string;
  readonly externalId?: string;
  /** Users only; lower case. */
  readonly userName?: string;
  /** Service principals only; lower case. */
  readonly applicationId?: string;
  /** Users and service principals. */
  readonly active?: boolean;
  readonly name?: { readonly givenName?: string; readonly familyName?: string };
  readonly roles: ReadonlySet<string>;
  readonly entitlements: ReadonlySet<string>;
  /** Groups only: ids of direct members. */
  readonly members: ReadonlySet<string>;
  /** In a workspace: it is the account's, and is here because it was assigned. */
  readonly fromAccount?: boolean;
  /** Came in by automatic identity management, and nobody has used it so far. */
  readonly isUnused?: boolean;
}

/** When a read looks: now, at an instant, or as Databricks shows the first read after a write, which is before it. */
export type Moment = number | 'first' | undefined;

/** What is known to differ from account to account, or what was seen both ways. */
export interface Semantics {
  /** What `remove members` with a list of values takes away. */
  readonly removal: RemovalSemantics;
  readonly entitlements: EntitlementSemantics;
  /** Workspaces with identity federation cannot change it (Microsoft Learn, workspace-level SCIM). */
  readonly userDisplayName: 'kept' | 'ignored';
  /** Refuses, by throwing, what this account or workspace does not let anybody write. */
  admit(write: AttributeWrite): void;
}

/** What a request is about to write, before any of it is done. */
export interface AttributeWrite {
  readonly type: ResourceType;
  /** Undefined when it is about to be created. */
  readonly current: StoredResource | undefined;
  /** Names as the body has them, first segments only. */
  readonly attributes: ReadonlySet<string>;
  /** For a new group. */
  readonly displayName?: unknown;
}

/** Both were seen in the field. */
export type RemovalSemantics = 'removeAll' | 'removeListed';

/** Accounts have no entitlements, workspaces `kept` them (Terraform provider, scim/scim.go). */
export type EntitlementSemantics = 'ignored' | 'kept';

/** The classes of the published account limits; a workspace may count two kinds of group writes on their own. */
export type RequestClass = 'get' | 'list' | 'write' | 'patch';
export type LimitedClass = RequestClass | 'assignment' | 'groupPatch' | 'groupDelete';

/** How requests are counted, in windows of one second: a bucket that refills, the clock's second, the last second. */
export type LimitWindow = 'bucket' | 'fixed' | 'sliding';

/** Requests per second of each class, for the whole account or workspace. */
export interface Limits extends Record<RequestClass, number> {
  /** Everything of the account's API that is not SCIM. Default: 5. */
  assignment?: number;
  /** PATCH of groups. Default: counted with `patch`. */
  groupPatch?: number;
  /** DELETE of groups. Default: counted with `write`. */
  groupDelete?: number;
  /** `list` is counted with `get`, at the rate of `get`. */
  readsTogether?: boolean;
  /** What a 429 tells the client about waiting. */
  retryAfter: 'seconds' | 'none';
  /** The body of a 429: in the shape of the endpoint, which is the default, or as what stands before it answers. */
  body?: 'own' | 'html' | 'empty';
  /** Default: `bucket`. */
  window?: LimitWindow;
  /** The share of every rate that is really granted, such as 0.6. Default: all of it. */
  hidden?: number;
}

/** See `Realm.shortLists`. */
export interface ShortLists {
  readonly times: number;
  readonly leaveOut: number;
}

export interface IncomingRequest {
  readonly method: string;
  /** Below `/scim/v2`, decoded, with its query: `/Users?filter=userName eq "a@b.c"`. */
  readonly path: string;
  readonly body: unknown;
}

export interface RequestRecord extends IncomingRequest {
  /** When it arrived, milliseconds since the epoch. */
  readonly at: number;
  /** 0 until it is answered, and for good when the connection was reset. */
  status: number;
  /** `oid`, `appid` or `sub` of the token, when that is a JWT. */
  readonly principalOfWriter?: string;
}

export interface FaultRule {
  method?: string;
  /** Tested against {@link IncomingRequest.path}. */
  path?: RegExp;
  /** Tested against the body of the request, as JSON. */
  sends?: RegExp;
  /** The answer. Without it a rule that hangs lets the request go on afterwards: it is applied late. */
  status?: number;
  body?: string | object;
  contentType?: string;
  headers?: Record<string, string>;
  /** For how many requests. */
  times: number;
  /** How many matching requests pass first. */
  after?: number;
  /** The request is applied, and the fault is the answer all the same. */
  applied?: boolean;
  /** The connection is reset instead of an answer. */
  reset?: boolean;
  /** Held that long before whatever comes next. */
  hangMs?: number;
  /** Time may pass while it hangs: it does not count as being worked on. */
  unattended?: boolean;
}
