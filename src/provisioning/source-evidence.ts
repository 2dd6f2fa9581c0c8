import type { GraphDirectory } from '../directory/graph-directory.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';
import type { Policy } from './policy.ts';

/** What every reading of the source needs. */
export interface SourceAccess {
  readonly state: State;
  readonly directory: GraphDirectory;
  /** Object id of the enterprise application whose assignments decide the scope. */
  readonly applicationObjectId: string;
  readonly policy: Policy;
}

/** Delta's word that a principal is gone counts only together with a 404 at least this much later. */
const REMOVAL_CONFIRMED_AFTER_MS = 60_000;

/**
 * How a principal that answers 404 is gone: it is in the recycle bin, or delta reported it as removed at least a
 * minute ago. A bare 404 may come from a replica that lags.
 *
 * @throws {RetryLater} while that is open.
 */
export async function deletionOf(
  o: Pick<SourceAccess, 'state' | 'directory'>,
  p: Principal,
): Promise<'softDeleted' | 'hardDeleted'> {
  if ((await o.directory.getDeleted(p.id)) !== undefined) return 'softDeleted';
  const seenAt = await o.state.removals.seenAt(p);
  if (seenAt === undefined) {
    throw new RetryLater(`a ${p.kind} is not found, and nothing says that it was deleted`);
  }
  const wait = seenAt + REMOVAL_CONFIRMED_AFTER_MS - now();
  if (wait > 0) throw new RetryLater('a deletion waits for its second read', { afterMs: wait });
  return 'hardDeleted';
}

/** As {@link deletionOf}, where an open question means no. */
export async function isDeleted(
  o: Pick<SourceAccess, 'state' | 'directory'>,
  p: Principal,
): Promise<boolean> {
  try {
    await deletionOf(o, p);
    return true;
  } catch (error) {
    if (error instanceof RetryLater) return false;
    throw error;
  }
}
