import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import type { State } from '../state/state.ts';
import type { AccountApplier } from './apply-account.ts';
import type { GroupApplier } from './apply-group.ts';

import { kinds } from './kinds.ts';
import type { Outcome } from './outcome.ts';
import { TargetClosed } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

/** A principal is settled when a look this long after its last change or write found nothing left to do. */
const SETTLED_AFTER_MS = 60_000;

/** Looks at one principal and makes sure of everything that follows from what the look found. */
export class Looker {
  readonly #o: {
    readonly state: State;
    readonly queue: ChangeQueue;
    readonly accounts: AccountApplier;
    readonly groups: GroupApplier;
    readonly log: Logger;
  };

  constructor(o: {
    state: State;
    queue: ChangeQueue;
    accounts: AccountApplier;
    groups: GroupApplier;
    log: Logger;
  }) {
    this.#o = o;
  }

  /** @throws whatever keeps the look from its end; nothing of it is lost, and the caller decides about the next try. */
  async look(session: TargetSession, change: Change): Promise<Outcome> {
    const { accounts, groups, state } = this.#o;
    const applier = kinds[change.principal.kind].isAccount ? accounts : groups;
    const outcome = await applier.apply(session, change);
    await this.#record(session.target.id, change, outcome);
    if (outcome.unfinished !== undefined) throw outcome.unfinished;
    await state.targets.clearFailure(session.target.id, principalKey(change.principal));
    if (this.#needsLaterLook(change, outcome)) await this.#o.queue.sendLaterLook(change);
    if (outcome.deferred) throw new TargetClosed('the target takes revocations only');
    return outcome;
  }

  #needsLaterLook(change: Change, outcome: Outcome): boolean {
    if (outcome.lookAgain) return true;
    if (outcome.result === 'irrelevant' || outcome.result === 'held' || outcome.result === 'pending')
      return false;
    return outcome.writes.length > 0 || now() - change.heardAt < SETTLED_AFTER_MS;
  }

  async #record(target: string, change: Change, outcome: Outcome): Promise<void> {
    for (const write of outcome.writes) {
      await this.#o.state.log.append({
        at: now(),
        target,
        principal: change.principal,
        cause: change.cause,
        heardAt: change.heardAt,
        correlationId: change.correlationId,
        ...write,
      });
      this.#o.log.info('applied', {
        target,
        principal: principalKey(change.principal),
        action: write.action,
        detail: write.detail,
        cause: change.cause,
        afterMs: now() - change.heardAt,
        correlationId: change.correlationId,
      });
    }
    for (const hold of outcome.holds) {
      this.#o.log.warn('held', {
        target,
        principal: principalKey(change.principal),
        hold,
        correlationId: change.correlationId,
      });
    }
  }
}
