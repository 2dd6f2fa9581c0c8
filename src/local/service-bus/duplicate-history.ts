/**
 * Remembers the message ids of the last `windowMs` milliseconds.
 *
 * The real service compares at the moment of the send, over the whole entity, whatever became of the first
 * message (azure-service-bus issues 265 and 266). Guess: also when that one was cancelled before its time.
 */
export class DuplicateHistory {
  readonly #seenAt = new Map<string, number>();
  readonly #windowMs: number;

  /** @param windowMs 0 switches duplicate detection off. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Whether `messageId` was sent within the window; remembers it if it was not. A duplicate does not renew the window. */
  isDuplicate(messageId: string): boolean {
    if (this.#windowMs <= 0) return false;
    const now = Date.now();
    this.#forgetBefore(now - this.#windowMs);
    if (this.#seenAt.has(messageId)) return true;
    this.#seenAt.set(messageId, now);
    return false;
  }

  #forgetBefore(instant: number): void {
    for (const [messageId, seenAt] of this.#seenAt) {
      if (seenAt > instant) return;
      this.#seenAt.delete(messageId);
    }
  }
}
