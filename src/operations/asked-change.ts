import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';

/**
 * A change that a person asks for. It is due at once by whichever clock: the one of the machine where he sits may run
 * ahead of that of the workers, who would wait for it.
 */
export function askedChange({
  target,
  principal,
  correlationId,
}: Pick<Change, 'target' | 'principal' | 'correlationId'>): Change {
  return { target, principal, correlationId, cause: 'on-demand', notBefore: 0, heardAt: now() };
}
