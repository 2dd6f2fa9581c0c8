import type { Change, RowClass } from '../identity/change.ts';
import { now, sleepUntil } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import {
  asChange,
  type Delivery,
  deliveryProperties,
  messageBody,
  type Obligation,
} from '../messaging/message.ts';
import { failureRetryWaitMs, HAND_ON_MS, nextStep } from '../planning/retry-schedule.ts';
import type { State } from '../state/state.ts';
import { describeFailure } from './describe-failure.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import type { Quarantine } from './quarantine.ts';
import type { TargetWorker } from './target-worker.ts';
import { troubleOf } from './trouble.ts';

/**
 * A message that comes early is waited for this long before it is sent again for later: the broker, whose clock runs
 * ahead, may give the copy back at once.
 */
const LONGEST_EARLY_WAIT_MS = 10_000;
/** How long one invocation attends the backlog. Well below the lock renewal limit in host.json. */
const ATTEND_MS = 4 * 60_000;

/**
 * Looks at live changes that one instance has in hand at a time, shared by the targets where there are several: a target
 * that does not answer must not take the invocations that another one needs. Below maxConcurrentCalls in host.json.
 */
const LIVE_LOOKS = 12;
const FEWEST_LIVE_LOOKS = 2;

/** What the function does with the message once the handler is through. */
export type Settlement =
  | { readonly kind: 'complete' }
  /** `reason` is a stable code; `description` holds ids and statuses only. */
  | { readonly kind: 'dead-letter'; readonly reason: string; readonly description: string };

const COMPLETE: Settlement = { kind: 'complete' };

/** Turns one message of the queue into an effect, or into the message or row that succeeds it. */
export class MessageHandler {
  readonly #o: {
    readonly workers: ReadonlyMap<string, TargetWorker>;
    readonly state: State;
    readonly queue: ChangeQueue;
    readonly quarantine: Quarantine;
    readonly ready: () => Promise<void>;
    readonly log: Logger;
  };
  readonly #failures = new KeyedMutex();
  readonly #live = new Map<string, number>();
  readonly #mostLive: number;

  constructor(o: {
    workers: ReadonlyMap<string, TargetWorker>;
    state: State;
    queue: ChangeQueue;
    quarantine: Quarantine;
    /** Resolves when tables, connections and tokens are there. */
    ready: () => Promise<void>;
    log: Logger;
  }) {
    this.#o = o;
    const { size } = o.workers;
    this.#mostLive =
      size > 1 ? Math.max(FEWEST_LIVE_LOOKS, Math.floor(LIVE_LOOKS / size)) : Number.POSITIVE_INFINITY;
  }

  /** @throws only when not even the successor of the message could be made durable: the broker then redelivers. */
  async handle(body: unknown, properties: unknown, messageId: string): Promise<Settlement> {
    const parsed = messageBody.safeParse(body);
    const delivery = deliveryProperties.safeParse(properties ?? {});
    if (!parsed.success || !delivery.success) {
      const issues = [...(parsed.error?.issues ?? []), ...(delivery.error?.issues ?? [])];
      const text = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
      return this.#refuse('InvalidMessage', `message ${messageId} is not understood: ${text}`);
    }
    const { obligation } = parsed.data;
    const worker = this.#o.workers.get(obligation.target);
    if (worker === undefined) {
      return this.#refuse('UnknownTarget', `no target ${obligation.target} is configured`);
    }
    if (!(await isDue(obligation, delivery.data))) return this.#tooEarly(obligation, delivery.data);
    if (obligation.type === 'pump') return this.#pump(worker, obligation, delivery.data);
    return this.#look(worker, obligation, delivery.data);
  }

  /** A message that no try can make sense of. */
  #refuse(reason: string, description: string): Settlement {
    this.#o.log.error('message-refused', { reason, description });
    return { kind: 'dead-letter', reason, description };
  }

  async #pump(worker: TargetWorker, obligation: Obligation, delivery: Delivery): Promise<Settlement> {
    try {
      await this.#o.ready();
      if (!(await worker.own())) return await this.#handOn(obligation, delivery);
    } catch (error) {
      this.#o.log.warn('pump-postponed', { target: worker.target.id, error: describeError(error) });
      return this.#handOn(obligation, delivery);
    }
    await worker.attendPump(now() + ATTEND_MS);
    return COMPLETE;
  }

  async #look(
    worker: TargetWorker,
    obligation: Obligation & { type: 'look' },
    delivery: Delivery,
  ): Promise<Settlement> {
    const change = asChange(obligation);
    // All of it, not the look alone: while storage is out of reach, redeliveries would follow each other at once and
    // use up the delivery count of every message within seconds. A copy waits.
    try {
      await this.#o.ready();
      const { quarantine } = await this.#o.state.targets.recent(change.target);
      if (quarantine !== undefined) return await this.#defer(worker, change, 'attribute');
      if (!(await worker.own())) return await this.#handOn(obligation, delivery);
      if ((this.#live.get(change.target) ?? 0) >= this.#mostLive)
        return await this.#defer(worker, change, 'attribute');
      await this.#lookNow(worker, change);
      return COMPLETE;
    } catch (error) {
      return this.#failed(worker, obligation, delivery, error);
    }
  }

  async #lookNow(worker: TargetWorker, change: Change): Promise<void> {
    const count = (by: number): void => {
      this.#live.set(change.target, (this.#live.get(change.target) ?? 0) + by);
    };
    count(1);
    try {
      await worker.look(change);
    } finally {
      count(-1);
    }
  }

  async #failed(
    worker: TargetWorker,
    obligation: Obligation & { type: 'look' },
    delivery: Delivery,
    error: unknown,
  ): Promise<Settlement> {
    const change = asChange(obligation);
    const place = { in: 'message', retries: delivery.attempt, heardForMs: now() - change.heardAt } as const;
    const next = nextStep(troubleOf(error), place, Math.random());
    switch (next.step) {
      case 'row':
        if (next.quarantine) await this.#o.quarantine.enter(change.target, error);
        return this.#defer(worker, change, next.rowClass);
      case 'hand-on':
        return this.#handOn(obligation, delivery, next.waitMs);
      case 'dead-letter':
        return this.#deadLetter(change, delivery, next.code, describeFailure(error));
      case 'copy':
        this.#o.log.warn('retry', {
          target: change.target,
          principal: principalKey(change.principal),
          attempt: next.retries,
          waitMs: next.waitMs,
          error: describeError(error),
          correlationId: change.correlationId,
        });
        await this.#o.queue.sendCopy(
          obligation,
          { ...delivery, attempt: next.retries, hops: 0 },
          now() + next.waitMs,
        );
        return COMPLETE;
    }
  }

  async #defer(worker: TargetWorker, change: Change, rowClass: RowClass): Promise<Settlement> {
    await worker.defer(change, rowClass);
    return COMPLETE;
  }

  async #tooEarly(obligation: Obligation, delivery: Delivery): Promise<Settlement> {
    const copy = { ...delivery, hops: delivery.hops + 1 };
    await this.#o.queue.sendCopy(obligation, copy, dueAt(obligation, delivery));
    return COMPLETE;
  }

  async #handOn(obligation: Obligation, delivery: Delivery, waitMs = HAND_ON_MS): Promise<Settlement> {
    await this.#o.queue.sendCopy(obligation, { ...delivery, hops: delivery.hops + 1 }, now() + waitMs);
    return COMPLETE;
  }

  /** One failure row per principal and target; a second dead letter only when there is something new to say. */
  #deadLetter(change: Change, delivery: Delivery, code: string, message: string): Promise<Settlement> {
    // A feed and a follow-up may ask for the same look, and both messages fail for one reason.
    return this.#failures.run(`${change.target}|${principalKey(change.principal)}`, () =>
      this.#recordFailure(change, delivery, code, message),
    );
  }

  async #recordFailure(
    change: Change,
    { chain }: Delivery,
    code: string,
    message: string,
  ): Promise<Settlement> {
    const { state, log } = this.#o;
    const key = principalKey(change.principal);
    const before = await state.targets.readFailure(change.target, key);
    const attempts = (before?.attempts ?? 0) + 1;
    await state.targets.writeFailure(change.target, key, {
      code,
      message,
      attempts,
      failedAt: now(),
      nextTryAt: now() + failureRetryWaitMs(attempts),
      chain,
      correlationId: change.correlationId,
    });
    // Of whatever kind: the groups that want it write their others without waiting.
    await state.memberIndex.sleepEverywhere(change.target, change.principal.id);
    log.error('failed', {
      target: change.target,
      principal: key,
      code,
      message,
      correlationId: change.correlationId,
    });
    // A redelivery of the same message is not a second failure: its dead letter may not have come about.
    if (before?.code === code && before.chain !== chain) return COMPLETE;
    return { kind: 'dead-letter', reason: code, description: `target ${change.target}, ${key}: ${message}` };
  }
}

/** When a message is to be handled (ms since the epoch): a look no sooner than its obligation says. */
function dueAt(obligation: Obligation, { due = 0 }: Delivery): number {
  return obligation.type === 'look' ? Math.max(due, obligation.notBefore) : due;
}

/** Waits for what comes early, by our own clock: the broker's may run ahead. False where that would take too long. */
async function isDue(obligation: Obligation, delivery: Delivery): Promise<boolean> {
  const at = dueAt(obligation, delivery);
  await sleepUntil(Math.min(at, now() + LONGEST_EARLY_WAIT_MS));
  return now() >= at;
}
