/** How a target may count requests. All of them take their first request whatever came before time 0. */
export interface LimitModel {
  /** Milliseconds until a request that comes at that instant would be taken; 0 takes it. */
  take(at: number): number;
}

/** `tokens`: what is in it at time 0. */
export function tokenBucket(
  perSecond: number,
  options: { capacity?: number; tokens?: number } = {},
): LimitModel {
  const capacity = Math.max(options.capacity ?? perSecond, 1);
  let tokens = options.tokens ?? capacity;
  let filledAt = 0;
  return {
    take: at => {
      tokens = Math.min(capacity, tokens + ((at - filledAt) / 1_000) * perSecond);
      filledAt = at;
      if (tokens < 1) return ((1 - tokens) / perSecond) * 1_000;
      tokens -= 1;
      return 0;
    },
  };
}

export function fixedWindows(requests: number, perMs: number): LimitModel {
  let window = Number.NaN;
  let taken = 0;
  return {
    take: at => {
      const current = Math.floor(at / perMs);
      if (current !== window) taken = 0;
      window = current;
      if (taken >= requests) return (current + 1) * perMs - at;
      taken += 1;
      return 0;
    },
  };
}

export function slidingWindows(requests: number, perMs: number): LimitModel {
  const taken: number[] = [];
  return {
    take: at => {
      while ((taken[0] ?? at) <= at - perMs) taken.shift();
      if (taken.length >= requests) return (taken[0] ?? at) + perMs - at;
      taken.push(at);
      return 0;
    },
  };
}

/** One model up to an instant, another from then on. */
export function changing(before: LimitModel, at: number, after: LimitModel): LimitModel {
  return { take: now => (now < at ? before : after).take(now) };
}
