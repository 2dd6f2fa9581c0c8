import type { Change, RowClass } from '../identity/change.ts';
import { now, sleep, sleepUntil } from '../identity/clock.ts';
import { Permanent } from '../identity/errors.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import { lookObligation, obligationSubject } from '../messaging/message.ts';
import { type AfterRow, nextStep } from '../planning/retry-schedule.ts';
import type { BacklogRow } from '../state/backlog.ts';
import type { State } from '../state/state.ts';
import type { TargetState } from '../state/target-state.ts';
import { KeptRows } from './kept-rows.ts';
import type { Outcome } from './outcome.ts';
import { NotOwner } from './ownership.ts';
import type { Quarantine } from './quarantine.ts';
import type { SourceQuarantine } from './source-quarantine.ts';
import { gateOf } from './target-gate.ts';
import { troubleOf } from './trouble.ts';

/** Rows that are worked on at the same time; revocations have a lane of their own and never queue behind others. */
const LANES = { revoke: 8, other: 16 } as const;
/** How often the head of the backlog is read while nothing else wakes the pump, in milliseconds. */
const TURN_MS = 500;
/** A group row comes back by itself this long after an owner that died while working on it. */
const HIDDEN_MS = 60_000;
/** Rows due within this are worth staying for. */
const WORTH_WAITING_MS = 120_000;

/** Works off the rows of one target, revocations first. */
export class BacklogPump {
  readonly #target: string;
  readonly #state: State;
  readonly #queue: ChangeQueue;
  readonly #quarantine: Quarantine;
  readonly #source: SourceQuarantine;
  readonly #log: Logger;
  readonly #look: (change: Change, row: RowClass) => Promise<Outcome>;
  readonly #probe: () => Promise<void>;
  readonly #running = new Map<string, { row: BacklogRow; lane: keyof typeof LANES; done: Promise<void> }>();
  readonly #kept = new KeptRows();
  #wake: (() => void) | undefined;
  #attending = 0;
  #waiting = false;

  constructor(o: {
    target: string;
    state: State;
    queue: ChangeQueue;
    quarantine: Quarantine;
    source: SourceQuarantine;
    log: Logger;
    look: (change: Change, row: RowClass) => Promise<Outcome>;
    /** One harmless request. Throws what a failed one means. */
    probe: () => Promise<void>;
  }) {
    this.#target = o.target;
    this.#state = o.state;
    this.#queue = o.queue;
    this.#quarantine = o.quarantine;
    this.#source = o.source;
    this.#log = o.log;
    this.#look = o.look;
    this.#probe = o.probe;
  }

  /** An invocation is waiting for the backlog to be empty, so that the platform keeps this instance. */
  get isAttended(): boolean {
    return this.#attending > 0;
  }

  wake(): void {
    this.#wake?.();
  }

  /** Resolves when no row is worth staying for, or at `deadline`; true when rows are left. */
  async attend(deadline: number): Promise<boolean> {
    if (this.isAttended) return false;
    this.#attending += 1;
    try {
      do {
        await sleepUntil(Math.min(now() + TURN_MS, deadline));
      } while (this.#waiting && now() < deadline);
      return this.#waiting;
    } finally {
      this.#attending -= 1;
    }
  }

  /** Starts what can be started, then waits for a reason to look again. True while there is work. */
  async turn(): Promise<boolean> {
    try {
      const state = await this.#state.targets.recent(this.#target);
      const started = await this.#startDue(state);
      this.#waiting = started > 0 || this.#running.size > 0 || (await this.#worthWaiting(state));
    } catch (error) {
      // Storage trouble: the lease decides how long we go on trying.
      this.#log.warn('backlog-unreadable', { target: this.#target, error: describeError(error) });
      await sleep(1_000);
    }
    await this.#pause();
    return this.#waiting;
  }

  /** Waits for what is running. */
  async settle(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    this.#waiting = false;
  }

  async #startDue(state: TargetState): Promise<number> {
    // The poll finds out when the source is back, and sends for us then.
    if (await this.#source.isOn()) return 0;
    const { quarantine } = state;
    if (quarantine !== undefined && (!isProbeDue(quarantine) || !(await this.#isReleased()))) return 0;
    const rows = await this.#state.backlog.head(this.#target, {
      dueBy: now(),
      limit: LANES.revoke + LANES.other + this.#running.size + this.#kept.size,
      rowClass: gateOf(state) === 'open' ? undefined : 'revoke',
    });
    let started = 0;
    // In bulk, people come before groups, so that a group is written once and completely.
    const peopleLeft =
      rows.some(isBulkPerson) || [...this.#running.values()].some(({ row }) => isBulkPerson(row));
    for (const row of rows) {
      const lane = row.value.rowClass === 'revoke' ? 'revoke' : 'other';
      if (this.#running.has(row.key) || this.#kept.has(row.key) || this.#inLane(lane) >= LANES[lane])
        continue;
      if (peopleLeft && row.value.rowClass === 'bulk' && !isBulkPerson(row)) continue;
      this.#start(row, lane);
      started += 1;
    }
    return started;
  }

  /** Asks the target for nothing in particular: only an answer of its own ends the quarantine. */
  async #isReleased(): Promise<boolean> {
    try {
      await this.#probe();
    } catch (error) {
      if (error instanceof NotOwner) return false;
      if (!(error instanceof Permanent)) {
        await this.#quarantine.enter(this.#target, error);
        return false;
      }
    }
    await this.#quarantine.leave(this.#target);
    return true;
  }

  #inLane(lane: keyof typeof LANES): number {
    return [...this.#running.values()].filter(running => running.lane === lane).length;
  }

  #start(row: BacklogRow, lane: keyof typeof LANES): void {
    const done = this.#work(row)
      .then(
        () => this.#kept.forget(row.key),
        error => this.#keep(row.key, error),
      )
      .finally(() => {
        this.#running.delete(row.key);
        this.wake();
      });
    this.#running.set(row.key, { row, lane, done });
  }

  #keep(key: string, error: unknown): void {
    const waitMs = this.#kept.keep(key);
    this.#log.warn('backlog-row-kept', { target: this.#target, waitMs, error: describeError(error) });
  }

  async #work(found: BacklogRow): Promise<void> {
    const { rowClass, meanwhile: _asked, ...entry } = found.value;
    const change: Change = { ...entry, target: this.#target };
    // A group's own look asks for it to be woken again: hidden, the row comes back when it should, not at once.
    const hide = entry.principal.kind === 'group' && rowClass !== 'revoke';
    const row = hide ? await this.#state.backlog.hide(this.#target, found, now() + HIDDEN_MS) : found;
    if (row === undefined) return;
    try {
      await this.#look(change, rowClass);
    } catch (error) {
      const next = nextStep(troubleOf(error), { in: 'row', rowClass }, Math.random());
      if (next.step === 'keep-row') {
        if (next.quarantine) return this.#quarantine.enter(this.#target, error);
        // The next owner need not wait for a row that we had hidden.
        if (hide) await this.#state.backlog.hide(this.#target, row, now());
        return;
      }
      await this.#succeed(change, next, error);
    }
    await this.#state.backlog.done(this.#target, row);
  }

  /** What a row that failed becomes: another row where the target is closed, otherwise a message with its tries. */
  async #succeed(
    change: Change,
    next: Exclude<AfterRow, { step: 'keep-row' }>,
    error: unknown,
  ): Promise<void> {
    if (next.step === 'row') return this.#putOff(change, next.rowClass);
    const subject = obligationSubject(this.#target, principalKey(change.principal));
    this.#log.info('row-becomes-message', {
      target: this.#target,
      principal: principalKey(change.principal),
      error: describeError(error),
      correlationId: change.correlationId,
    });
    await this.#queue.sendCopy(
      lookObligation({ ...change, notBefore: now() }),
      { chain: `${subject}|b|${now()}`, attempt: next.retries, hops: 0 },
      now() + next.waitMs,
    );
  }

  async #putOff(change: Change, rowClass: RowClass): Promise<void> {
    const into = await this.#state.backlog.put(change, rowClass);
    const { principal, correlationId } = change;
    this.#log.info('deferred', {
      target: this.#target,
      principal: principalKey(principal),
      into,
      correlationId,
    });
  }

  /** Whether rows are, or soon will be, due: not while the target is closed to them. */
  async #worthWaiting(seen: TargetState): Promise<boolean> {
    // A probe may just have ended it.
    const state = seen.quarantine === undefined ? seen : await this.#state.targets.read(this.#target);
    if (state.quarantine !== undefined || (await this.#source.isOn())) return false;
    const rows = await this.#state.backlog.head(this.#target, {
      dueBy: now() + WORTH_WAITING_MS,
      limit: 1,
      rowClass: gateOf(state) === 'open' ? undefined : 'revoke',
    });
    return rows.length > 0;
  }

  /** A turn's end: until a row is done, a new one is written here, or the head is due to be read again. */
  async #pause(): Promise<void> {
    const stop = new AbortController();
    this.#wake = () => stop.abort();
    await sleep(TURN_MS, stop.signal).catch(() => undefined);
    this.#wake = undefined;
  }
}

function isProbeDue({ probeAt, disabledAt }: NonNullable<TargetState['quarantine']>): boolean {
  return disabledAt === undefined && probeAt <= now();
}

function isBulkPerson({ value }: BacklogRow): boolean {
  return value.rowClass === 'bulk' && value.principal.kind !== 'group';
}
