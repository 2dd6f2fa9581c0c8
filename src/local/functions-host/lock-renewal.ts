/** Milliseconds between two looks at the clock while a lock is held. */
const TICK_MS = 20;
/** A lock is renewed this long before it ends, or after half of its time. Source: ServiceBusProcessor of the .NET SDK. */
const BUFFER_MS = 10_000;

/** A peek lock that the host keeps alive. */
export interface RenewedLock {
  /** Renews at the broker. @returns the new end of the lock, in milliseconds since the epoch. */
  renew(): Promise<number>;
  /** End of the lock now, in milliseconds since the epoch. */
  lockedUntil: number;
  onError(error: unknown): void;
}

/**
 * Renews a lock by the wall clock until it is stopped or `maxMs` have passed.
 * A renewal that fails ends it: the lock is lost, and the function is not told.
 *
 * @returns stop.
 */
export function renewLock(lock: RenewedLock, maxMs: number): () => void {
  const giveUp = Date.now() + maxMs;
  let renewing = false;
  let renewAt = next(lock.lockedUntil, Date.now());
  const timer = setInterval(() => {
    const now = Date.now();
    if (renewing || now < renewAt) return;
    if (now >= giveUp) return clearInterval(timer);
    renewing = true;
    lock.renew().then(
      until => {
        renewing = false;
        // From when it was asked for: the clock may have jumped since.
        renewAt = next(until, now);
      },
      (error: unknown) => {
        clearInterval(timer);
        lock.onError(error);
      },
    );
  }, TICK_MS);
  return () => clearInterval(timer);
}

function next(lockedUntil: number, lockedAt: number): number {
  return lockedUntil - Math.min(BUFFER_MS, (lockedUntil - lockedAt) / 2);
}
