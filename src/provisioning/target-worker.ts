import type { Change, RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { ChangeQueue } from '../messaging/change-queue.ts';
import type { State } from '../state/state.ts';
import { BacklogPump } from './backlog-pump.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import { Limiter } from './limiter.ts';
import type { Looker } from './look.ts';
import type { Outcome } from './outcome.ts';
import { NotOwner, Ownership } from './ownership.ts';
import type { Quarantine } from './quarantine.ts';
import type { SourceQuarantine } from './source-quarantine.ts';
import type { Target } from './target.ts';
import type { TargetHealth } from './target-health.ts';
import { TargetSession } from './target-session.ts';

/** The lease is given back after this long without work, in milliseconds. */
const IDLE_MS = 10_000;

/**
 * This instance's side of one target. While it holds the lease it is the only writer: it looks at principals, one at
 * a time each, paces every request, and works off the backlog.
 */
export class TargetWorker {
  readonly target: Target;
  readonly #state: State;
  readonly #queue: ChangeQueue;
  readonly #looker: Looker;
  readonly #ownership: Ownership;
  readonly #pump: BacklogPump;
  readonly #health: TargetHealth;
  readonly #log: Logger;
  readonly #mutex = new KeyedMutex();
  #limiter: Limiter;
  #active = 0;
  #lastActiveAt = now();
  #loop: Promise<void> | undefined;
  #stopping = false;

  constructor(o: {
    target: Target;
    state: State;
    queue: ChangeQueue;
    looker: Looker;
    quarantine: Quarantine;
    source: SourceQuarantine;
    log: Logger;
  }) {
    this.target = o.target;
    this.#state = o.state;
    this.#queue = o.queue;
    this.#looker = o.looker;
    this.#health = o.quarantine.healthOf(o.target.id);
    this.#log = o.log;
    this.#ownership = new Ownership(o.state.leases, o.target.id, o.log);
    this.#limiter = new Limiter(o.target.ownerRates);
    this.#pump = new BacklogPump({
      ...o,
      target: o.target.id,
      look: (change, row) => this.look(change, row),
      probe: () => this.#probe(),
    });
  }

  /** True when this instance owns the target, or just became its owner. */
  async own(): Promise<boolean> {
    if (this.#stopping) return false;
    if (!(await this.#ownership.acquire())) return false;
    if (this.#stopping) {
      // Stopped while the lease was on its way: nobody else would give it back, and it would be renewed for ever.
      await this.#ownership.release();
      return false;
    }
    if (this.#loop === undefined) {
      // Whoever wrote before us may have used the limit up to this moment.
      this.#limiter = new Limiter(this.target.ownerRates);
      this.#startLoop();
    }
    return true;
  }

  #startLoop(): void {
    this.#lastActiveAt = now();
    this.#loop = this.#run().finally(() => {
      this.#loop = undefined;
      // A change may have taken the lease again while it was being given back: its backlog needs somebody.
      if (this.#ownership.isHeld && !this.#stopping) this.#startLoop();
    });
  }

  /**
   * Looks at a principal. Looks at the same principal wait for each other, live ones and rows alike.
   * @param row the class of the backlog row that is worked on; undefined for a live change, which does not wait long.
   */
  async look(change: Change, row?: RowClass): Promise<Outcome> {
    if (!this.#ownership.isHeld) throw new NotOwner(`the lease of ${this.target.id} is not held`);
    this.#active += 1;
    try {
      return await this.#mutex.run(principalKey(change.principal), () =>
        this.#looker.look(this.#session(row), change),
      );
    } finally {
      this.#active -= 1;
      this.#lastActiveAt = now();
    }
  }

  async #probe(): Promise<void> {
    const session = this.#session('bulk');
    await session.send(() => this.target.scim.get('Users', '0', session.request), { operation: 'get' });
  }

  #session(row: RowClass | undefined): TargetSession {
    return new TargetSession({
      target: this.target,
      ownership: this.#ownership,
      limiter: this.#limiter,
      health: this.#health,
      row,
    });
  }

  /** Stores a change as a row, and makes sure that somebody works it off. */
  async defer(change: Change, rowClass: RowClass): Promise<void> {
    const notBefore = Math.min(change.notBefore, now());
    const into = await this.#state.backlog.put({ ...change, notBefore }, rowClass);
    const principal = principalKey(change.principal);
    const { correlationId } = change;
    this.#log.info('deferred', { target: this.target.id, principal, rowClass, into, correlationId });
    this.#pump.wake();
    if (!this.#pump.isAttended) await this.#queue.sendPump(this.target.id);
  }

  /** Stays until the backlog is worked off, so that the platform keeps this instance; at most until `deadline`. */
  async attendPump(deadline: number): Promise<void> {
    const left = await this.#pump.attend(deadline);
    if (left) await this.#queue.sendPump(this.target.id);
  }

  /** Takes no more work, lets what runs finish, and gives the lease back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#pump.wake();
    await this.#loop;
    await this.#ownership.release();
  }

  /** Works off the backlog for as long as the lease is held and there is a reason to hold it. */
  async #run(): Promise<void> {
    while (this.#ownership.isHeld && !this.#stopping) {
      const busy = await this.#pump.turn();
      if (busy || this.#active > 0) this.#lastActiveAt = now();
      else if (now() - this.#lastActiveAt >= IDLE_MS) break;
    }
    await this.#pump.settle();
    if (this.#stopping) return;
    try {
      await this.#ownership.release();
    } catch (error) {
      // Nobody waits for this loop: what it throws would end the process. The lease runs out by itself.
      this.#log.warn('lease-not-released', { target: this.target.id, error: describeError(error) });
    }
  }
}
