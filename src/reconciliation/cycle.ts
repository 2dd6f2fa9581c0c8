import { randomUUID } from 'node:crypto';
import { now, sleepUntil } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKind } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import { failureRetryWaitMs } from '../planning/retry-schedule.ts';
import type { Target } from '../provisioning/target.ts';
import type { HeldLease } from '../state/leases.ts';
import type { State } from '../state/state.ts';
import type { AssignmentPass } from './assignment-pass.ts';
import type { Audit } from './audit.ts';
import type { Poll } from './poll.ts';
import type { SubscriptionKeeper } from './subscriptions.ts';

const LEASE = 'cycle';
const LEASE_MS = 60_000;
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
    /** Fingerprint of everything that decides what is desired. */
    readonly configuration: string;
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
    configuration: string;
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
    } finally {
      await leases.release(LEASE, await keeper.stop());
    }
  }

  async #steps(keeper: LeaseKeeper): Promise<void> {
    const { state, targets, queue, log } = this.#o;
    const startedAt = now();
    await state.targets.writeCycle({ startedAt, requested: false });
    await this.#o.subscriptions.keep().catch((error: unknown) => {
      // The poll hears of everything within a minute: a cycle does not wait for Graph's subscriptions.
      log.warn('subscriptions-not-kept', { error: describeError(error) });
    });
    await this.#o.poll.run();
    await this.#retryFailures();
    for (const target of targets) {
      if (!(await this.#auditIsDue(target.id))) continue;
      keeper.assertHeld();
      await this.#auditOne(target);
    }
    for (const target of targets) if (await state.backlog.hasRows(target.id)) await queue.sendPump(target.id);
    log.info('cycle-done', { tookMs: now() - startedAt });
  }

  /** After the poll, which starts feeds that are missing: what happens during the audit is told by them. */
  async #auditOne(target: Target): Promise<void> {
    const { assignments, audit, configuration } = this.#o;
    const { started } = await assignments.find(await assignments.list());
    await audit.run(target, await assignments.current(), configuration);
    // What has ended is left to the next poll, whose revocations it is.
    await assignments.settle({ started, ended: [] });
  }

  async #anyAuditDue(): Promise<boolean> {
    for (const target of this.#o.targets) if (await this.#auditIsDue(target.id)) return true;
    return false;
  }

  async #auditIsDue(target: string): Promise<boolean> {
    const state = await this.#o.state.targets.read(target);
    if (!state.indexed || state.auditDue !== undefined || state.configuration !== this.#o.configuration)
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
