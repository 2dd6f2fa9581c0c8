import { Permanent, RetryLater, TargetUnavailable } from '../identity/errors.ts';
import type { Trouble } from '../planning/retry-schedule.ts';
import { ScimError, ScimTransportError } from '../scim/errors.ts';
import { VersionConflict } from '../state/row-store.ts';
import { WouldWait } from './limiter.ts';
import { NotOwner } from './ownership.ts';
import { SourceClosed } from './source-quarantine.ts';
import { TargetClosed } from './target-gate.ts';

/** What a thrown value is to the retry schedule. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof WouldWait) return { kind: 'no-room', rowClass: error.rowClass };
  if (error instanceof SourceClosed) return { kind: 'source-closed' };
  if (error instanceof TargetClosed) return { kind: 'closed' };
  if (error instanceof NotOwner) return { kind: 'not-owner' };
  if (error instanceof TargetUnavailable) return { kind: 'unavailable' };
  if (error instanceof Permanent) return { kind: 'permanent', code: error.code };
  if (error instanceof RetryLater) return { kind: kindOf(error.cause), afterMs: error.afterMs };
  // Somebody else wrote the same row of state: what he wrote decides the next look.
  if (error instanceof VersionConflict) return { kind: 'passing' };
  return { kind: 'unforeseen' };
}

function kindOf(cause: unknown): 'throttled' | 'interrupted' | 'passing' {
  if (cause instanceof ScimError && cause.status === 429) return 'throttled';
  if (cause instanceof ScimError && cause.status === 503) return 'interrupted';
  if (cause instanceof ScimTransportError && cause.kind === 'network') return 'interrupted';
  return 'passing';
}
