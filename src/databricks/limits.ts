import type { ResourceLimits } from '../planning/resource-limits.ts';
import type { RequestClass } from '../scim/types.ts';

export interface RateLimit {
  requests: number;
  perMs: number;
}

/**
 * Account SCIM rate limits, per Databricks account and shared by both API versions. The official page (Microsoft
 * Learn, "Resource limits") could not be read verbatim; these figures are its transcription by api-evangelist and
 * agree with what databrickslabs/ucx limits itself to.
 */
export const PUBLISHED_LIMITS: Readonly<Record<RequestClass, RateLimit>> = {
  get: { requests: 20, perMs: 1_000 },
  list: { requests: 240, perMs: 60_000 },
  write: { requests: 5, perMs: 1_000 },
  patch: { requests: 2, perMs: 1_000 },
};

/** Two levels have limits of their own. A workspace's proxy to the account's SCIM API counts as the account. */
export type LimitLevel = 'account' | 'workspace';

/**
 * Workspace SCIM rate limits, per workspace. Reads: 255 a minute, one and many together (transcription by
 * api-evangelist; databrickslabs/ucx), of which a fifth, 5,100 resources a minute, is for lists. For writes there are
 * only ucx's own limits for groups, 10 PATCH and 35 DELETE a minute (workspace_access/groups.py and scim.py). Guess:
 * what it found safe for groups is safe for every resource; who knows better sets the rates of the target.
 */
const WORKSPACE_LIMITS: Readonly<Record<RequestClass, RateLimit>> = {
  get: { requests: 204, perMs: 60_000 },
  list: { requests: 51, perMs: 60_000 },
  write: { requests: 35, perMs: 60_000 },
  patch: { requests: 10, perMs: 60_000 },
};

/** What a target of that level lets through, for all of its clients together. */
export function limitsOf(level: LimitLevel): Readonly<Record<RequestClass, RateLimit>> {
  return level === 'account' ? PUBLISHED_LIMITS : WORKSPACE_LIMITS;
}

/** Member ids in one `add members` PATCH. Ours, not the service's: a refused one is split, and that costs PATCHes. */
export const MAX_ADDS_PER_PATCH = 500;

/** Operations in one PATCH of removals. Clients are known to send 50 of them (grusin-db); RFC 7644 sets no limit. */
export const MAX_OPERATIONS_PER_PATCH = 100;

/**
 * What an account, and a workspace of its own, can hold (Microsoft Learn, "Resource limits"; lengths:
 * docs.databricks.com, "Update group details" of the account SCIM API). Databricks raises the number of accounts on
 * request, not that of groups. Guess: accounts that are switched off count.
 */
export const RESOURCE_LIMITS: Readonly<ResourceLimits> = {
  accounts: 10_000,
  groups: 5_000,
  membershipsPerIdentity: 1_500,
  nestingDepth: 10,
  groupNameLength: 255,
  externalIdLength: 64,
};

export const { nestingDepth: MAX_NESTING_DEPTH, groupNameLength: MAX_NAME_LENGTH } = RESOURCE_LIMITS;
