/** The three resource types of Databricks SCIM, named as their endpoints are. */
export type ResourceType = 'Users' | 'Groups' | 'ServicePrincipals';

/** What a request counts as against a target's limits. `write` is POST, PUT and DELETE. */
export type RequestClass = 'get' | 'list' | 'write' | 'patch';

/**
 * Resolves when one more request of that class may start, with whatever wants to be told how it ended. Awaited before
 * every HTTP request, each page included.
 */
export type Pace = (requestClass: RequestClass) => Promise<Settle | undefined>;

/** Told once how a request ended: without an error that it succeeded, otherwise what {@link Pace}'s caller throws. */
export type Settle = (error?: unknown) => void;

export interface RequestOptions {
  pace?: Pace;
  /**
   * Asked after each failed try of a read, 404 excepted: when it resolves, the same page or resource is asked for
   * again; when it throws, that is the end. Without it, and for writes, every request is sent once.
   */
  again?: (error: unknown, tries: number) => Promise<void>;
  /** Aborting it rejects with the signal's reason. A write that was already sent may have been applied. */
  signal?: AbortSignal;
}

/** One operation of a SCIM PATCH (RFC 7644 §3.5.2). */
export interface PatchOperation {
  op: 'add' | 'remove' | 'replace';
  path?: string;
  value?: unknown;
}

export const PATCH_OP_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** `schemas` of each resource type (Terraform provider, scim/scim.go). */
export const RESOURCE_SCHEMA: Record<ResourceType, string> = {
  Users: 'urn:ietf:params:scim:schemas:core:2.0:User',
  Groups: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  ServicePrincipals: 'urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal',
};
