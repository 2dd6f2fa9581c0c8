import { type Counter, counter } from './limit-windows.ts';
import type { LimitedClass, Limits } from './types.ts';

/**
 * Per account, both API versions together; list is 240 a minute. Secondary sources: api-evangelist's transcription of
 * the official table, which agrees with what databrickslabs/ucx limits itself to. What is assigned to workspaces, 5 a
 * second, is what ucx limits itself to (workspace_access/groups.py).
 * SDK authors say that Databricks sends whole seconds in Retry-After (databricks-sdk-py, errors/customizer.py).
 */
export const DEFAULT_LIMITS: Limits = {
  get: 20,
  list: 4,
  patch: 2,
  write: 5,
  assignment: 5,
  retryAfter: 'seconds',
};

/**
 * Per workspace. Reads: 255 a minute (api-evangelist; ucx). Guess: one and many together. Group PATCH and DELETE are
 * what ucx limits itself to (10 and 35 a minute), no published figures. Guess: the other writes are as an account's.
 */
export const WORKSPACE_LIMITS: Limits = {
  get: 255 / 60,
  list: 255 / 60,
  readsTogether: true,
  patch: 2,
  write: 5,
  groupPatch: 10 / 60,
  groupDelete: 35 / 60,
  assignment: 5,
  retryAfter: 'seconds',
};

/** Requests per second that another client sends. */
export type SecondClient = Partial<Record<LimitedClass, number>>;

/** Further back, what a second client sent has no effect on what is left now. */
const LONGEST_MEMORY_MS = 10_000;

/** One counter per request class, by default a bucket of one second's worth. Refused requests take nothing out. */
export class TokenBuckets {
  readonly #counters = new Map<string, Counter>();
  #secondClient: SecondClient = {};
  /** Until when the requests of the second client have been counted. */
  readonly #countedTo = new Map<string, number>();

  /** From now on, somebody else sends that many requests, evenly, to the same limits; `{}` ends it. */
  secondClient(rates: SecondClient): void {
    this.#secondClient = { ...rates };
    this.#countedTo.clear();
    const now = Date.now();
    for (const [requestClass, rate] of Object.entries(rates)) {
      if (rate > 0) this.#countedTo.set(requestClass, now);
    }
  }

  /** Milliseconds until a request of that class would be admitted; 0 admits this one. */
  take(requestClass: LimitedClass, limits: Limits): number {
    const slot = slotOf(requestClass, limits);
    const perSecond = rateOf(slot, limits) * (limits.hidden ?? 1);
    const key = `${slot} ${limits.window ?? 'bucket'}`;
    const used = this.#counters.get(key) ?? counter(limits.window ?? 'bucket');
    this.#counters.set(key, used);
    const now = Date.now();
    for (const at of this.#sentBySecondClient(slot, limits, now)) used.take(perSecond, at);
    return used.take(perSecond, now);
  }

  #sentBySecondClient(slot: LimitedClass, limits: Limits, now: number): number[] {
    return Object.entries(this.#secondClient)
      .filter(([requestClass]) => slotOf(requestClass as LimitedClass, limits) === slot)
      .flatMap(([requestClass, rate]) => {
        const countedTo = this.#countedTo.get(requestClass);
        if (countedTo === undefined) return [];
        const every = 1_000 / rate;
        // Whole intervals only, so that the moments are the same however often somebody asks.
        const skipped = Math.max(Math.floor((now - LONGEST_MEMORY_MS - countedTo) / every), 0);
        const from = countedTo + skipped * every;
        const sent = Math.max(Math.floor((now - from) / every), 0);
        this.#countedTo.set(requestClass, from + sent * every);
        return Array.from({ length: sent }, (_, i) => from + (i + 1) * every);
      })
      .toSorted((a, b) => a - b);
  }
}

/** The class that a request is counted with. */
function slotOf(requestClass: LimitedClass, limits: Limits): LimitedClass {
  if (requestClass === 'list' && limits.readsTogether) return 'get';
  if (requestClass === 'groupPatch' && limits.groupPatch === undefined) return 'patch';
  if (requestClass === 'groupDelete' && limits.groupDelete === undefined) return 'write';
  return requestClass;
}

function rateOf(slot: LimitedClass, limits: Limits): number {
  return limits[slot] ?? DEFAULT_LIMITS.assignment ?? 0;
}
