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
}

/** What is known to differ from account to account, or what was seen both ways. */
export interface Semantics {
  /** What `remove members` with a list of values takes away. */
  readonly removal: RemovalSemantics;
  readonly entitlements: EntitlementSemantics;
}

/** Both were seen in the field. */
export type RemovalSemantics = 'removeAll' | 'removeListed';

/** Accounts have no entitlements, workspaces `kept` them (Terraform provider, scim/scim.go). */
export type EntitlementSemantics = 'ignored' | 'kept';

export type RequestClass = 'get' | 'list' | 'write' | 'patch';

/** Requests per second of each class, for the whole account. */
export interface Limits extends Record<RequestClass, number> {
  /** What a 429 tells the client about waiting. */
  retryAfter: 'seconds' | 'none';
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
}
