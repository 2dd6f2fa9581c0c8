import { AimIsOff, RefusedByAim } from '../databricks/failure.ts';
import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import type { HoldKind } from '../state/holds.ts';
import type { State } from '../state/state.ts';
import type { AimWatch } from './aim-watch.ts';
import type { AccountApplier } from './apply-account.ts';
import type { AssignmentApplier } from './apply-assignments.ts';
import type { GroupApplier } from './apply-group.ts';
import { kinds } from './kinds.ts';
import type { Outcome } from './outcome.ts';
import type { Quarantine } from './quarantine.ts';
import type { SourceQuarantine } from './source-quarantine.ts';
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
    readonly aim: AimWatch;
    readonly quarantine: Quarantine;
    readonly assignments: AssignmentApplier;
    readonly source: SourceQuarantine;
    readonly log: Logger;
  };
  /** What principals are held for, by target and principal, as far as this process said it. */
  readonly #held = new Map<string, ReadonlySet<HoldKind>>();

  constructor(o: {
    state: State;
    queue: ChangeQueue;
    accounts: AccountApplier;
    groups: GroupApplier;
    aim: AimWatch;
    quarantine: Quarantine;
    assignments: AssignmentApplier;
    source: SourceQuarantine;
    log: Logger;
  }) {
    this.#o = o;
  }

  /** @throws whatever keeps the look from its end; nothing of it is lost, and the caller decides about the next try. */
  look(session: TargetSession, change: Change): Promise<Outcome> {
    return this.#o.source.guard(() => this.#look(session, change));
  }

  async #look(session: TargetSession, change: Change): Promise<Outcome> {
    const { accounts, groups, assignments, state } = this.#o;
    const applier = kinds[change.principal.kind].isAccount ? accounts : groups;
    const applied = await this.#heeding(session, () => applier.apply(session, change));
    await this.#record(session.target.id, change, applied);
    const assigned = applied.result === 'irrelevant' ? applied : await assignments.apply(session, change);
    if (assigned !== applied) await this.#record(session.target.id, change, assigned);
    const outcome = joined(applied, assigned);
    this.#sayHeld(change, outcome.holds);
    if (outcome.unfinished !== undefined) throw outcome.unfinished;
    await state.targets.clearFailure(session.target.id, principalKey(change.principal));
    if (this.#needsLaterLook(change, outcome)) {
      const isNews = change.cause !== 'later-look' || outcome.writes.length > 0;
      await this.#o.queue.sendLaterLook(change, isNews ? 0 : (change.again ?? 0) + 1);
    }
    this.#sayEnd(change, outcome);
    if (outcome.deferred) throw new TargetClosed('the target takes revocations only');
    return outcome;
  }

  /** Hears, by what the target takes and refuses, whether it manages its identities automatically. */
  async #heeding(session: TargetSession, apply: () => Promise<Outcome>): Promise<Outcome> {
    const { aim, quarantine } = this.#o;
    try {
      const outcome = await apply();
      if (outcome.unfinished instanceof RefusedByAim) await aim.refused(session.target, session.request);
      else await aim.accepted(session.target, outcome.writes);
      if (outcome.writes.length > 0) await quarantine.wrote(session.target.id);
      return outcome;
    } catch (error) {
      if (error instanceof RefusedByAim) await aim.refused(session.target, session.request);
      if (error instanceof AimIsOff) await aim.switchedOff(session.target);
      throw error;
    }
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
  }

  /** The end of a chain of messages and rows of one correlation id; what is deferred ends as a row. */
  #sayEnd({ target, principal, cause, correlationId }: Change, { result, deferred }: Outcome): void {
    const fields = { target, principal: principalKey(principal), result, cause, correlationId };
    if (deferred !== true) this.#o.log.info('looked', fields);
  }

  /** Who is held is looked at again and again: only the first time is worth a warning. */
  #sayHeld({ target, principal, correlationId }: Change, holds: Outcome['holds']): void {
    const key = `${target}|${principalKey(principal)}`;
    const before = this.#held.get(key);
    for (const hold of holds) {
      const fields = { target, principal: principalKey(principal), hold, correlationId };
      if (before?.has(hold)) this.#o.log.info('held', fields);
      else this.#o.log.warn('held', fields);
    }
    if (holds.length > 0) this.#held.set(key, new Set(holds));
    else this.#held.delete(key);
  }
}

/** Both parts of a look as one: what either is held for, or leaves to be done, the whole is. */
function joined(first: Outcome, second: Outcome): Outcome {
  if (first === second) return first;
  const quiet = first.result === 'unchanged' || first.result === 'applied';
  return {
    result: quiet && second.result !== 'unchanged' ? second.result : first.result,
    writes: [...first.writes, ...second.writes],
    holds: [...first.holds, ...second.holds],
    lookAgain: first.lookAgain || second.lookAgain,
    unfinished: first.unfinished ?? second.unfinished,
    deferred: first.deferred === true || second.deferred === true,
  };
}
