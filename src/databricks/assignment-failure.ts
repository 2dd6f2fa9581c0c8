import { Permanent, RetryLater } from '../identity/errors.ts';
import { ScimCredentialError, ScimError } from '../scim/errors.ts';

/** The workspace does not take the assignment: somebody has to change something first. The message says what. */
export class AssignmentRefused extends Error {
  override readonly name = 'AssignmentRefused';
}

/**
 * What a failed request for a workspace assignment means, where it means something else than a failed SCIM request:
 * whoever is not let in here may well be let in there, so that nothing else of the target waits for it.
 */
export function assignmentFailure(error: unknown): unknown {
  if (error instanceof ScimCredentialError && error.refused) return signInRefused(error.message, error);
  if (!(error instanceof ScimError)) return error;
  const text = `${error.scimType ?? ''} ${error.detail ?? ''}`;
  switch (error.status) {
    case 401:
    case 403: {
      const who = error.signedBy === undefined ? '' : `; not let in: ${error.signedBy}`;
      return signInRefused(`${error.message}${who}`, error);
    }
    case 400:
      return new AssignmentRefused(whyRefused(text), { cause: error });
    case 404:
      return notFound(error, text);
    default:
      return error;
  }
}

function signInRefused(text: string, cause: Error): Permanent {
  const advice = 'Check that accountSignIn of the target is an account admin';
  return new Permanent('AccountSignInRefused', `${text}. ${advice}`, { cause });
}

/** A name that the workspace has as well: terraform-provider-databricks issue 1793. No federation: issue 2739. */
function whyRefused(text: string): string {
  if (/not supported/i.test(text))
    return 'the workspace has no identity federation, so that nobody of the account can be assigned to it: switch that on, or make it a target of its own';
  if (/already exists|same name/i.test(text))
    return 'the workspace has a group of its own of the same name: rename or delete that one';
  return 'the workspace refuses the assignment';
}

/** Right after a workspace was created, it knows nobody yet: terraform-provider-databricks issue 5367. */
function notFound(error: ScimError, text: string): unknown {
  if (!error.structured || /not in workspace/i.test(text))
    return new RetryLater(error.message, { afterMs: error.retryAfterMs, cause: error });
  if (!error.isMissingResource) return signInRefused(error.message, error);
  return new AssignmentRefused('the account has no such workspace', { cause: error });
}
