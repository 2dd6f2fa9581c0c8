import type { Permanent, RetryLater } from '../identity/errors.ts';
import type { HoldKind } from '../state/holds.ts';

/** How a look ended. Everything that is not an end is thrown. */
export interface Outcome {
  readonly result: 'applied' | 'unchanged' | 'irrelevant' | 'held' | 'pending';
  /** What was written, for the provisioning log; empty when nothing was. */
  readonly writes: readonly Write[];
  /** Another look is due even though nothing was written: reads disagreed, or an intent is too young to be closed. */
  readonly lookAgain: boolean;
  readonly holds: readonly HoldKind[];
  /** Something is left to do, or cannot be done; what was written before counts all the same. */
  readonly unfinished?: RetryLater | Permanent;
  /** The target takes revocations only: what is left over has to wait as a row. */
  readonly deferred?: boolean;
}

export interface Write {
  readonly action: string;
  readonly scimId: string;
  /** Attribute names and sizes, never values. */
  readonly detail: string;
}

/** The outcome of a look that came to its end. */
export function outcomeOf(
  writes: Outcome['writes'],
  holds: readonly HoldKind[],
  lookAgain: boolean,
): Outcome {
  const result = holds.length > 0 ? 'held' : writes.length > 0 ? 'applied' : 'unchanged';
  return { result, writes, holds, lookAgain };
}
