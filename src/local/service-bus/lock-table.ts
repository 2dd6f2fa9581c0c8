import { lockLost } from './broker-error.ts';
import type { BrokeredMessage } from './brokered-message.ts';
import { Heap } from './heap.ts';
import { type LockToken, newLockToken } from './lock-token.ts';

type LockedMessage = BrokeredMessage & Required<Pick<BrokeredMessage, 'lock'>>;

/** Who holds which message until when. Nothing but the clock and a settlement ends a lock, a lost connection does not. */
export class LockTable {
  readonly #byToken = new Map<LockToken, LockedMessage>();
  readonly #expiries = new Heap<{ at: number; token: LockToken }>((a, b) => a.at < b.at);
  readonly #durationMs: number;

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  get size(): number {
    return this.#byToken.size;
  }

  lock(message: BrokeredMessage): LockToken {
    const token = newLockToken();
    const locked = Object.assign(message, { lock: { token, until: 0 } });
    this.#byToken.set(token, locked);
    this.#extend(locked);
    return token;
  }

  /** @throws BrokerError when the lock is lost. */
  get(token: LockToken): LockedMessage {
    const message = this.#byToken.get(token);
    if (!message) throw lockLost();
    return message;
  }

  /** Extends a lock to a full duration from now. */
  renew(token: LockToken): number {
    return this.#extend(this.get(token));
  }

  /** Ends a lock. */
  unlock(message: BrokeredMessage): void {
    if (message.lock) this.#byToken.delete(message.lock.token);
    delete message.lock;
  }

  /** Ends the locks that have expired by `now` and returns their messages, the earliest expiry first. */
  unlockExpired(now: number): BrokeredMessage[] {
    const expired: BrokeredMessage[] = [];
    for (;;) {
      const next = this.nextExpiry();
      if (next === undefined || next > now) return expired;
      const message = this.get(this.#expiries.pop()?.token as LockToken);
      this.unlock(message);
      expired.push(message);
    }
  }

  /** The instant of the next expiry (milliseconds since the epoch). */
  nextExpiry(): number | undefined {
    for (;;) {
      const next = this.#expiries.peek();
      if (!next) return undefined;
      // An entry is stale when its lock was ended or extended since.
      if (this.#byToken.get(next.token)?.lock.until === next.at) return next.at;
      this.#expiries.pop();
    }
  }

  #extend(message: LockedMessage): number {
    const until = Date.now() + this.#durationMs;
    if (message.lock.until !== until) this.#expiries.push({ at: until, token: message.lock.token });
    message.lock.until = until;
    return until;
  }
}
