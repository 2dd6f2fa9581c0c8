import { randomUUID } from 'node:crypto';
import { classifyFailure } from '../databricks/failure.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import { now, sleepUntil } from '../identity/clock.ts';
import { TargetUnavailable } from '../identity/errors.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKind } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import { auditRetryWaitMs, failureRetryWaitMs } from '../planning/retry-schedule.ts';
import type { Quarantine } from '../provisioning/quarantine.ts';
import type { SourceQuarantine } from '../provisioning/source-quarantine.ts';
import type { Target } from '../provisioning/target.ts';
import { ScimCredentialError, ScimError } from '../scim/errors.ts';
import type { HeldLease } from '../state/leases.ts';
import type { State } from '../state/state.ts';
import type { AssignmentPass } from './assignment-pass.ts';
import type { Audit } from './audit.ts';
import type { Poll } from './poll.ts';
import type { SubscriptionKeeper } from './subscriptions.ts';
import type { TargetWatch } from './target-watch.ts';

const LEASE = 'cycle';
const LEASE_MS = 60_000;
const AUDITS_AT_ONCE = 4;
const AUDIT_EVERY_MS = 24 * 3_600_000;

export type CycleResult = 'ran' | 'not-due' | 'running-elsewhere';

/** One reconciliation run: the poll, the subscriptions, what failed before, and the audit when it is due. */
export class Cycle {
  readonly #o: {
    readonly state: State;
    readonly queue: ChangeQueue;
    readonly poll: Poll;
    readonly audit: Audit;
    readonly assignments: AssignmentPass;
    readonly subscriptions: SubscriptionKeeper;
    readonly targets: readonly Target[];
    readonly everyMinutes: number;
    readonly quarantine: Quarantine;
    readonly source: SourceQuarantine;
    readonly watch: TargetWatch;
    readonly log: Logger;
  };

  constructor(o: {
    state: State;
    queue: ChangeQueue;
    poll: Poll;
    audit: Audit;
    assignments: AssignmentPass;
    subscriptions: SubscriptionKeeper;
    targets: readonly Target[];
    everyMinutes: number;
    quarantine: Quarantine;
    source: SourceQuarantine;
    watch: TargetWatch;
    log: Logger;
  }) {
    this.#o = o;
  }

  /** Runs when the interval has passed, when somebody asked for it, or when an audit is due. */
  async runIfDue(): Promise<CycleResult> {
    const { startedAt, requested } = await this.#o.state.targets.readCycle();
    // The timer that calls us ticks every minute: half a tick early counts as on time.
    const due = now() - startedAt >= this.#o.everyMinutes * 60_000 - 30_000;
    if (!due && !requested && !(await this.#anyAuditDue())) return 'not-due';
    return this.run();
  }

  async run(): Promise<CycleResult> {
    const { leases } = this.#o.state;
    // A name for each run, not for each instance: two timers of one process must not share the lease.
    const run = randomUUID();
    const held = await leases.acquire(LEASE, run, LEASE_MS);
    if (held === undefined) return 'running-elsewhere';
    const keeper = new LeaseKeeper(
      held,
      (lease: HeldLease) => leases.renew(LEASE, run, lease, LEASE_MS),
      this.#o.log,
    );
    try {
      await this.#steps(keeper);
      return 'ran';
    } catch (error) {
      if (!(await this.#o.source.explains(error))) throw error;
      return 'ran';
    } finally {
      await leases.release(LEASE, await keeper.stop());
    }
  }

  async #steps(keeper: LeaseKeeper): Promise<void> {
    const { state, targets, queue, log } = this.#o;
    const startedAt = now();
    await state.targets.writeCycle({ startedAt, requested: false });
    // Beside everything else: a target that does not answer keeps neither the feeds nor the others waiting.
    const watched = Promise.all(targets.map(target => this.#o.watch.check(target)));
    await this.#o.subscriptions.keep().catch((error: unknown) => {
      // The poll hears of everything within a minute: a cycle does not wait for Graph's subscriptions.
      log.warn('subscriptions-not-kept', { error: describeError(error) });
    });
    await this.#o.poll.run();
    // Nothing may be concluded from a source that refuses us: what is due stays due.
    const isClosed = await this.#o.source.isOn();
    if (!isClosed) await this.#retryFailures();
    await watched;
    if (isClosed) {
      log.info('cycle-done', { tookMs: now() - startedAt, sourceQuarantined: true });
      return;
    }
    const due: Target[] = [];
    for (const target of targets) if (await this.#auditIsDue(target)) due.push(target);
    keeper.assertHeld();
    const failed = due.length === 0 ? [] : await this.#audit(due);
    for (const target of targets) if (await state.backlog.hasRows(target.id)) await queue.sendPump(target.id);
    log.info('cycle-done', { tookMs: now() - startedAt });
    if (failed.length > 0)
      throw failed.length === 1 ? failed[0] : new AggregateError(failed, 'audits failed');
  }

  /**
   * After the poll, which starts feeds that are missing: what happens during the audits is told by them. A target that
   * does not answer keeps no other one waiting. Returns why audits failed; they stay due.
   */
  async #audit(due: readonly Target[]): Promise<unknown[]> {
    const { assignments, audit, targets } = this.#o;
    const { started } = await assignments.find(await assignments.list());
    const assigned = await assignments.current();
    const failed: unknown[] = [];
    await forEachAtOnce(due, AUDITS_AT_ONCE, async target => {
      try {
        await audit.run(target, assigned);
        await this.#noteAudit(target.id, true);
      } catch (error) {
        if (await this.#isQuarantined(target.id, error)) return;
        if (await this.#o.source.explains(error)) return;
        await this.#noteAudit(target.id, false);
        failed.push(error);
      }
    });
    // What began is known to all of them then; otherwise the next poll tells of it. What has ended is left to the next
    // poll, whose revocations it is.
    if (failed.length === 0 && due.length === targets.length)
      await assignments.settle({ started, ended: [] });
    return failed;
  }

  /** Each try reads the whole source: what keeps failing is tried at growing intervals. */
  async #noteAudit(target: string, hasRun: boolean): Promise<void> {
    const { targets } = this.#o.state;
    const { auditRetry } = await targets.read(target);
    if (hasRun && auditRetry === undefined) return;
    const tries = (auditRetry?.tries ?? 0) + 1;
    const next = hasRun ? undefined : { tries, notBefore: now() + auditRetryWaitMs(tries) };
    await targets.update(target, state => ({ ...state, auditRetry: next }));
  }

  /** A target that refuses us as a whole is left alone until a probe succeeds; its audit stays due. */
  async #isQuarantined(target: string, error: unknown): Promise<boolean> {
    const isAnswer = error instanceof ScimError || error instanceof ScimCredentialError;
    const failure = isAnswer ? classifyFailure(error, { operation: 'list' }) : error;
    if (!(failure instanceof TargetUnavailable)) return false;
    await this.#o.quarantine.enter(target, failure);
    return true;
  }

  async #anyAuditDue(): Promise<boolean> {
    if (await this.#o.source.isOn()) return false;
    for (const target of this.#o.targets) if (await this.#auditIsDue(target)) return true;
    return false;
  }

  async #auditIsDue({ id, policy }: Target): Promise<boolean> {
    const state = await this.#o.state.targets.read(id);
    if (state.quarantine !== undefined || (state.auditRetry?.notBefore ?? 0) > now()) return false;
    if (!state.indexed || state.auditDue !== undefined || state.configuration !== policy.fingerprint)
      return true;
    return now() - (state.lastAuditAt ?? 0) >= AUDIT_EVERY_MS;
  }

  /** A single try for each principal that failed, at a growing interval. */
  async #retryFailures(): Promise<void> {
    const { state, targets } = this.#o;
    for (const { id: target } of targets) {
      for (const { key, value } of await state.targets.failures(target, { dueBy: now() })) {
        const [kind, id] = [key.slice(0, key.indexOf(':')), key.slice(key.indexOf(':') + 1)];
        const at = now();
        await state.backlog.put(
          {
            target,
            principal: { kind: principalKind.parse(kind), id },
            cause: 'failure-retry',
            notBefore: at,
            heardAt: at,
            correlationId: randomUUID(),
          },
          'bulk',
        );
        await state.targets.writeFailure(target, key, {
          ...value,
          nextTryAt: at + failureRetryWaitMs(value.attempts + 1),
        });
      }
    }
  }
}

/** Renews the cycle's lease in the background, and knows when it was lost. */
class LeaseKeeper {
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #held: HeldLease;
  #lost = false;

  constructor(held: HeldLease, renew: (held: HeldLease) => Promise<HeldLease | undefined>, log: Logger) {
    this.#held = held;
    this.#done = this.#run(renew, log);
  }

  /** @throws when another run may have started: it has the newer picture. */
  assertHeld(): void {
    if (this.#lost || this.#held.expiresAt <= now()) throw new Error('the lease of the cycle was lost');
  }

  async stop(): Promise<HeldLease> {
    this.#stop.abort();
    await this.#done;
    return this.#held;
  }

  async #run(renew: (held: HeldLease) => Promise<HeldLease | undefined>, log: Logger): Promise<void> {
    while (!this.#stop.signal.aborted && !this.#lost) {
      try {
        await sleepUntil(this.#held.expiresAt - LEASE_MS / 2, this.#stop.signal);
        const renewed = await renew(this.#held);
        if (renewed === undefined) this.#lost = true;
        else this.#held = renewed;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        log.warn('cycle-lease-renewal-failed', { error: describeError(error) });
        if (this.#held.expiresAt <= now()) this.#lost = true;
        else await sleepUntil(now() + 1_000);
      }
    }
  }
}
