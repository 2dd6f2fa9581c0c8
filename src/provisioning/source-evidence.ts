import type { GraphDirectory } from '../directory/graph-directory.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';

/** What every reading of the source needs. */
export interface SourceAccess {
  readonly state: State;
  readonly directory: GraphDirectory;
  /** Object id of the enterprise application whose assignments decide the scope. */
  readonly applicationObjectId: string;
  /** The identity holds Member.Read.Hidden. */
  readonly readHiddenMembership: boolean;
}

/** Delta's word that a principal is gone counts only together with a 404 at least this much later. */
const REMOVAL_CONFIRMED_AFTER_MS = 60_000;

/**
 * Whether a principal that answers 404 is gone: it is in the recycle bin, or delta reported it as removed at least a
 * minute ago. A bare 404 may come from a replica that lags.
 *
 * @throws {RetryLater} while that is open.
 */
export async function assertDeleted(
  o: Pick<SourceAccess, 'state' | 'directory'>,
  p: Principal,
): Promise<void> {
  if ((await o.directory.getDeleted(p.id)) !== undefined) return;
  const seenAt = await o.state.removals.seenAt(p);
  if (seenAt === undefined) {
    throw new RetryLater(`a ${p.kind} is not found, and nothing says that it was deleted`);
  }
  const wait = seenAt + REMOVAL_CONFIRMED_AFTER_MS - now();
  if (wait > 0) throw new RetryLater('a deletion waits for its second read', { afterMs: wait });
}

/** As {@link assertDeleted}, where an open question means no. */
export async function isDeleted(
  o: Pick<SourceAccess, 'state' | 'directory'>,
  p: Principal,
): Promise<boolean> {
  try {
    await assertDeleted(o, p);
    return true;
  } catch (error) {
    if (error instanceof RetryLater) return false;
    throw error;
  }
}
