import type { LimitWindow } from './types.ts';

/** Counts the requests of one class. */
export interface Counter {
  /** Milliseconds until a request would be admitted; 0 admits this one. What is refused is not counted. */
  take(perSecond: number, now: number): number;
}

/** How many requests a window takes, and how long it is: a second, or as long as one request takes at a lower rate. */
function shape(perSecond: number): { most: number; ms: number } {
  const most = Math.max(Math.floor(perSecond), 1);
  return { most, ms: (most / perSecond) * 1_000 };
}

/** Holds one second's worth, and one request at least; refills all the time. */
class Bucket implements Counter {
  #tokens: number | undefined;
  #at = 0;

  take(perSecond: number, now: number): number {
    const capacity = Math.max(perSecond, 1);
    const refill = (Math.max(now - this.#at, 0) / 1_000) * perSecond;
    const tokens = Math.min((this.#tokens ?? capacity) + refill, capacity);
    const admitted = tokens >= 1;
    this.#tokens = admitted ? tokens - 1 : tokens;
    this.#at = now;
    return admitted ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1_000);
  }
}

/** Starts anew whenever the clock enters a window: twice the rate may pass around that moment. */
class FixedWindow implements Counter {
  #window = -1;
  #count = 0;

  take(perSecond: number, now: number): number {
    const { most, ms } = shape(perSecond);
    const window = Math.floor(now / ms);
    if (window !== this.#window) this.#count = 0;
    this.#window = window;
    if (this.#count >= most) return Math.ceil((window + 1) * ms - now);
    this.#count += 1;
    return 0;
  }
}

/** Looks back from each request: no window of that length, wherever it begins, holds more. */
class SlidingWindow implements Counter {
  #admitted: number[] = [];

  take(perSecond: number, now: number): number {
    const { most, ms } = shape(perSecond);
    this.#admitted = this.#admitted.filter(at => at > now - ms && at <= now);
    if (this.#admitted.length >= most) return Math.ceil((this.#admitted.at(-most) ?? now) + ms - now);
    this.#admitted.push(now);
    return 0;
  }
}

export function counter(window: LimitWindow): Counter {
  if (window === 'fixed') return new FixedWindow();
  return window === 'sliding' ? new SlidingWindow() : new Bucket();
}
