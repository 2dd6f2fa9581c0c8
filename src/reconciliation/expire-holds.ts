import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { Holds } from '../state/holds.ts';

/** Notes which holds nobody decided about for `afterMs`, and says so once each: what they keep back stays undone. */
export async function expireHolds(
  { holds, afterMs, log }: { holds: Holds; afterMs: number; log: Logger },
  target: string,
): Promise<void> {
  for (const { principal, kind, heldAt } of await holds.expire(target, now() - afterMs, now())) {
    const days = Math.floor((now() - heldAt) / (24 * 3_600_000));
    log.error('hold-expired', { target, principal: principalKey(principal), hold: kind, days });
  }
}
