import { randomUUID } from 'node:crypto';
import { now, sleepUntil } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import type { HeldLease, Leases } from '../state/leases.ts';

const LEASE_MS = 30_000;
const RENEW_EVERY_MS = 10_000;

/** We are not, or no longer surely enough, the one that may write to the target. */
export class NotOwner extends Error {
  override readonly name = 'NotOwner';
}

/**
 * The lease on one target. At most one instance holds it; a moment of two is survived by intents and versions, and
 * kept short because no write starts that could outlast the lease.
 */
export class Ownership {
  readonly #leases: Leases;
  readonly #name: string;
  readonly #log: Logger;
  readonly #instance = randomUUID();
  #held: HeldLease | undefined;
  #acquiring: Promise<boolean> | undefined;
  #renewal: { stop: AbortController; done: Promise<void> } | undefined;

  constructor(leases: Leases, name: string, log: Logger) {
    this.#leases = leases;
    this.#name = name;
    this.#log = log;
  }

  /** The epoch of the lease that is held now. @throws {NotOwner} */
  get epoch(): number {
    if (this.#held === undefined) throw new NotOwner(`the lease of ${this.#name} is not held`);
    return this.#held.epoch;
  }

  get isHeld(): boolean {
    return this.#held !== undefined && this.#held.expiresAt > now();
  }

  /** True when the lease is ours, or could be had. */
  async acquire(): Promise<boolean> {
    if (this.isHeld) return true;
    this.#acquiring ??= this.#tryAcquire().finally(() => {
      this.#acquiring = undefined;
    });
    return this.#acquiring;
  }

  /** @throws {NotOwner} unless the lease lasts for `ms` more milliseconds. */
  assertLasts(ms: number): void {
    if (this.#held === undefined || this.#held.expiresAt - now() <= ms) {
      throw new NotOwner(`the lease of ${this.#name} does not last for another write`);
    }
  }

  /** Gives the lease back, so that another instance need not wait for its end. */
  async release(): Promise<void> {
    this.#renewal?.stop.abort(new NotOwner('released'));
    await this.#renewal?.done;
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await this.#leases.release(this.#name, held);
  }

  async #tryAcquire(): Promise<boolean> {
    this.#renewal?.stop.abort(new NotOwner('lease ran out'));
    await this.#renewal?.done;
    this.#held = await this.#leases.acquire(this.#name, this.#instance, LEASE_MS);
    if (this.#held === undefined) return false;
    const stop = new AbortController();
    this.#renewal = { stop, done: this.#renew(stop.signal) };
    this.#log.info('lease-acquired', { target: this.#name, epoch: this.#held.epoch });
    return true;
  }

  /** Renews until released or lost. A failing storage account is tried again for as long as the lease lasts. */
  async #renew(signal: AbortSignal): Promise<void> {
    let due = now() + RENEW_EVERY_MS;
    while (this.#held !== undefined && !signal.aborted) {
      try {
        await sleepUntil(due, signal);
        const renewed = await this.#leases.renew(this.#name, this.#instance, this.#held, LEASE_MS);
        this.#held = renewed;
        if (renewed === undefined) this.#log.warn('lease-lost', { target: this.#name });
        due = now() + RENEW_EVERY_MS;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn('lease-renewal-failed', { target: this.#name, error: describeError(error) });
        due = now() + 1_000;
        if (this.#held !== undefined && this.#held.expiresAt <= now()) this.#held = undefined;
      }
    }
  }
}
