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

/** Member ids in one `add members` PATCH. Ours, not the service's: a refused one is split, and that costs PATCHes. */
export const MAX_ADDS_PER_PATCH = 500;

/** Operations in one PATCH of removals. Clients are known to send 50 of them (grusin-db); RFC 7644 sets no limit. */
export const MAX_OPERATIONS_PER_PATCH = 100;

/** Groups within groups (Microsoft Learn, "Resource limits"). */
export const MAX_NESTING_DEPTH = 10;

/** Characters of a group's displayName (docs.databricks.com, "Update group details" of the account SCIM API). */
export const MAX_NAME_LENGTH = 255;
