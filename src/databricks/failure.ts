import { Conflict, Gone, Permanent, RetryLater, TargetUnavailable } from '../identity/errors.ts';
import { ScimCredentialError, ScimError, ScimTransportError } from '../scim/errors.ts';
import { federatedWorkspace, saysFederated } from './federated-workspace.ts';
import { isSwitchedOff } from './identity-api.ts';

/** `resolve`: of the account's identity API, which has a credential of its own. */
export type Operation = 'create' | 'resolve' | 'patch' | 'remove' | 'get' | 'list' | 'delete';

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

/** How long a write waits that Automatic Identity Management refused: switching it takes up to ten minutes to show. */
const AIM_WAIT_MS = 60_000;

/** The account says that it manages identities by itself, where we did not know. Nothing was written. */
export class RefusedByAim extends RetryLater {}

/** The account says that it does not manage identities by itself, where we thought so. Nothing was done. */
export class AimIsOff extends RetryLater {}

/**
 * What a failed request to Databricks means for what happens next. `alreadyDone` is success: the target already
 * was as the request wanted it.
 *
 * Decided by HTTP status first, by text only within a status: changes of wording broke other clients three times
 * (terraform-provider-databricks issues 1577, 2500, 3295).
 */
export function classifyFailure(error: unknown, context: FailureContext): Failure | 'alreadyDone' {
  if (isFailure(error)) return error;
  if (context.operation === 'resolve' && isRefusal(error)) return classifyResolve(error);
  if (error instanceof ScimError) return classifyAnswer(error, context);
  if (error instanceof ScimCredentialError) return classifyCredential(error);
  if (error instanceof ScimTransportError) return new RetryLater(error.message, { cause: error });
  const name = error instanceof Error ? error.name : typeof error;
  return new RetryLater(`unexpected ${name} while talking to the target`, { cause: error });
}

function isFailure(error: unknown): error is Failure {
  return [RetryLater, Permanent, Conflict, Gone, TargetUnavailable].some(type => error instanceof type);
}

function isRefusal(error: unknown): error is ScimError | ScimCredentialError {
  return error instanceof ScimError || error instanceof ScimCredentialError;
}

/** Whatever is wrong with that API or its credential: SCIM has one of its own, and leavers must not wait for this one. */
function classifyResolve(error: ScimError | ScimCredentialError): Failure {
  if (isSwitchedOff(error)) return new AimIsOff('identities are not managed automatically', { cause: error });
  if (error instanceof ScimError && error.status === 409)
    return new Conflict(error.message, { cause: error });
  if (error instanceof ScimError && error.status === 400) return permanent(error);
  const text = error instanceof ScimError ? `${error.message}${whatToCheck(error)}` : error.message;
  return new RetryLater(text, { afterMs: error.retryAfterMs, cause: error });
}

/** A token endpoint that says no is trouble of the whole target; one that is busy or unreachable is not. */
function classifyCredential(error: ScimCredentialError): Failure {
  if (error.refused) return new TargetUnavailable(error.message, { cause: error });
  return new RetryLater(error.message, { afterMs: error.retryAfterMs, cause: error });
}

function classifyAnswer(error: ScimError, context: FailureContext): Failure | 'alreadyDone' {
  const { status } = error;
  if (namesAim(error, context)) {
    const text = `${error.message}: the account manages its identities automatically`;
    return new RefusedByAim(text, { afterMs: AIM_WAIT_MS, cause: error });
  }
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

/** Guess: only that such writes are refused is documented (databricks-sdk-go, service/iamv2), not how. */
function namesAim({ status, scimType, detail }: ScimError, { operation }: FailureContext): boolean {
  if ((status !== 400 && status !== 403) || operation === 'get' || operation === 'list') return false;
  return /(managed|provisioned) automatically|automatic(ally)? (identity management|managed)/i.test(
    `${scimType ?? ''} ${detail ?? ''}`,
  );
}

/**
 * "No such attribute … in the current resource" is how a group without any member answers a removal (WSO2 Charon,
 * PatchOperationUtil.java). Among several removals it may be the answer after some, or instead of all, were
 * applied, so that only a single one is known to be done: the others are refused, for the caller to split.
 */
function classifyBadRequest(error: ScimError, context: FailureContext): Failure | 'alreadyDone' {
  if (saysFederated(error)) return federatedWorkspace(error);
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
