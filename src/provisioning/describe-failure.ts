import { Permanent, RetryLater, TargetUnavailable } from '../identity/errors.ts';
import { excerptOf } from '../identity/excerpt.ts';
import { ScimError } from '../scim/errors.ts';

/** Deeper than this nobody nests causes. */
const CAUSES = 5;

/**
 * A failure as it is stored, and read by people: request, status and SCIM error type, then what the target said about
 * it, as far as that is nobody's name and no secret (see {@link excerptOf}).
 *
 * Our own errors say ids and statuses only. What a library threw may quote anything.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return excerptOf(String(error));
  const isOurs =
    error instanceof RetryLater || error instanceof Permanent || error instanceof TargetUnavailable;
  const text = isOurs ? error.message : `${error.name}: ${excerptOf(error.message)}`;
  const said = excerptOf(answerBehind(error)?.detail ?? '');
  return said === '' || said === '…' ? text : `${text} (it said: ${said})`;
}

function answerBehind(error: Error): ScimError | undefined {
  let cause: unknown = error;
  for (let depth = 0; depth < CAUSES && cause instanceof Error; depth += 1) {
    if (cause instanceof ScimError) return cause;
    ({ cause } = cause);
  }
  return undefined;
}
