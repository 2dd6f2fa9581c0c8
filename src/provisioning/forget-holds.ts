import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';
import type { TargetSession } from './target-session.ts';

/**
 * Whoever is no longer wanted without ever having been linked leaves nothing behind, holds included. Asked for by
 * revocations only: the many changes that concern nobody of ours are to cost no more than they must.
 */
export async function forgetHolds(state: State, session: TargetSession, p: Principal): Promise<void> {
  if (session.row === 'revoke') await state.holds.withdraw(session.target.id, p);
}
