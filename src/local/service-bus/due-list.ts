import { Heap } from './heap.ts';

export interface Due {
  /** Milliseconds since the epoch. */
  at: number;
  sequenceNumber: number;
}

/** What happens to which message when. Entries of messages that have moved on are stale, and skipped. */
export class DueList {
  readonly #heap = new Heap<Due>(
    (a, b) => a.at < b.at || (a.at === b.at && a.sequenceNumber < b.sequenceNumber),
  );
  readonly #isLive: (sequenceNumber: number) => boolean;
  #pruneAbove = 1024;

  constructor(isLive: (sequenceNumber: number) => boolean) {
    this.#isLive = isLive;
  }

  get size(): number {
    return this.#heap.size;
  }

  add(due: Due): void {
    this.#heap.push(due);
    // Most messages are gone days before they expire: stale entries must not pile up until then.
    if (this.#heap.size <= this.#pruneAbove) return;
    this.#heap.retain(({ sequenceNumber }) => this.#isLive(sequenceNumber));
    this.#pruneAbove = Math.max(1024, 2 * this.#heap.size);
  }

  /** The earliest entry. */
  next(): Due | undefined {
    for (let due = this.#heap.peek(); due; due = this.#heap.peek()) {
      if (this.#isLive(due.sequenceNumber)) return due;
      this.#heap.pop();
    }
    return undefined;
  }

  /** Takes out the earliest entry, if it is due by `now`. */
  takeDue(now: number): Due | undefined {
    const due = this.next();
    return due && due.at <= now ? this.#heap.pop() : undefined;
  }
}
