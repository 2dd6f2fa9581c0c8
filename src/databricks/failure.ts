import { Conflict, Gone, Permanent, RetryLater, TargetUnavailable } from '../identity/errors.ts';
import { ScimCredentialError, ScimError, ScimTransportError } from '../scim/errors.ts';

export type Operation = 'create' | 'patch' | 'remove' | 'get' | 'list' | 'delete';

export interface FailureContext {
  operation: Operation;
  /** Number of operations in the PATCH; 1 when left out. */
  operations?: number;
  /** The resource was written less than 90 s ago: a 404 is then a lagging replica. */
  recentlyWritten?: boolean;
  /** A group was taken out of another less than 90 s ago: a 400 may be a cycle that only a replica still sees. */
  recentlyUnnested?: boolean;
}

export type Failure = RetryLater | Permanent | Conflict | Gone | TargetUnavailable;

/**
 * What a failed request to Databricks means for what happens next. `alreadyDone` is success: the target already
 * was as the request wanted it.
 *
 * Decided by HTTP status first, by text only within a status: changes of wording broke other clients three times
 * (terraform-provider-databricks issues 1577, 2500, 3295).
 */
export function classifyFailure(error: unknown, context: FailureContext): Failure | 'alreadyDone' {
  if (isFailure(error)) return error;
  if (error instanceof ScimError) return classifyAnswer(error, context);
  if (error instanceof ScimCredentialError) return classifyCredential(error);
  if (error instanceof ScimTransportError) return new RetryLater(error.message, { cause: error });
  const name = error instanceof Error ? error.name : typeof error;
  return new RetryLater(`unexpected ${name} while talking to the target`, { cause: error });
}

function isFailure(error: unknown): error is Failure {
  return [RetryLater, Permanent, Conflict, Gone, TargetUnavailable].some(type => error instanceof type);
}

/** A token endpoint that says no is trouble of the whole target; one that is busy or unreachable is not. */
function classifyCredential(error: ScimCredentialError): Failure {
  if (error.refused) return new TargetUnavailable(error.message, { cause: error });
  return new RetryLater(error.message, { afterMs: error.retryAfterMs, cause: error });
}

function classifyAnswer(error: ScimError, context: FailureContext): Failure | 'alreadyDone' {
  const { status } = error;
  if (status >= 300 && status < 400) return unavailable(error);
  switch (status) {
    case 400:
      return classifyBadRequest(error, context);
    case 401:
    case 403:
      return unavailable(error);
    case 404:
      return classifyNotFound(error, context);
    case 409:
      return classifyConflict(error, context);
    case 410:
      return context.operation === 'delete' ? 'alreadyDone' : new Gone(error.message, { cause: error });
    case 408:
    case 425:
    case 429:
      return retry(error);
    case 501:
      return permanent(error);
    default:
      return status >= 500 ? retry(error) : permanent(error);
  }
}

/**
 * "No such attribute … in the current resource" is how a group without any member answers a removal (WSO2 Charon,
 * PatchOperationUtil.java). Among several removals it may be the answer after some, or instead of all, were
 * applied, so that only a single one is known to be done: the others are refused, for the caller to split.
 */
function classifyBadRequest(error: ScimError, context: FailureContext): Failure | 'alreadyDone' {
  const text = `${error.scimType ?? ''} ${error.detail ?? ''}`.toLowerCase();
  if (context.operation === 'remove' && text.includes('no such attribute')) {
    if ((context.operations ?? 1) === 1) return 'alreadyDone';
  }
  const isPatch = context.operation === 'patch' || context.operation === 'remove';
  if (isPatch && context.recentlyUnnested) return retry(error);
  return permanent(error);
}

function classifyNotFound(error: ScimError, context: FailureContext): Failure | 'alreadyDone' {
  if (!error.structured) return retry(error);
  const wholeType = context.operation === 'create' || context.operation === 'list';
  if (!error.isMissingResource || wholeType) return unavailable(error);
  if (context.operation === 'delete') return 'alreadyDone';
  // First of the two: what else the PATCH holds, removals above all, must not wait for that member.
  if (namesAnotherResource(error)) return permanent(error, 'TargetRefusedMember');
  if (context.recentlyWritten) return retry(error);
  return new Gone(error.message, { cause: error });
}

/** "User with id 7 is not found" in answer to a PATCH of group 3 speaks of a member, not of the group. */
function namesAnotherResource(error: ScimError): boolean {
  const id = /\bwith id ['"]?([^\s'".,]+)/i.exec(error.detail ?? '')?.[1];
  return id !== undefined && !error.path.endsWith(`/${encodeURIComponent(id)}`);
}

/** ABORTED is a lost race between writers, not a taken name (databricks-sdk-go, apierr/error_mapping.go). */
function classifyConflict(error: ScimError, context: FailureContext): Failure {
  const names = context.operation === 'create' || context.operation === 'patch';
  if (!names || error.scimType === 'ABORTED') return retry(error);
  return new Conflict(error.message, { cause: error });
}

function retry(error: ScimError): RetryLater {
  return new RetryLater(error.message, { afterMs: error.retryAfterMs, cause: error });
}

function unavailable(error: ScimError): TargetUnavailable {
  return new TargetUnavailable(`${error.message}${whatToCheck(error)}`, { cause: error });
}

/** For the person who is woken. */
function whatToCheck({ status, signedBy }: ScimError): string {
  if (signedBy === undefined) return '';
  return status === 401
    ? `; not accepted: ${signedBy}. Check that it still exists in this Databricks account or workspace, and has neither expired nor been revoked`
    : `; not allowed: ${signedBy}. Check that it is still an admin of this Databricks account or workspace, and that the IP access lists there admit this app`;
}

function permanent(error: ScimError, code = `TargetRefused${error.status}`): Permanent {
  return new Permanent(code, error.message, { cause: error });
}
