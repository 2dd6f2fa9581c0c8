import type { Limits, RequestClass } from './types.ts';

/**
 * Per account, both API versions together; list is 240 a minute. Secondary sources: api-evangelist's transcription of
 * the official table, which agrees with what databrickslabs/ucx limits itself to.
 * SDK authors say that Databricks sends whole seconds in Retry-After (databricks-sdk-py, errors/customizer.py).
 */
export const DEFAULT_LIMITS: Limits = { get: 20, list: 4, patch: 2, write: 5, retryAfter: 'seconds' };

/** One bucket per request class, each holding one second's worth. Refused requests take nothing out. */
export class TokenBuckets {
  readonly #buckets = new Map<RequestClass, { tokens: number; at: number }>();

  /** Milliseconds until a request of that class would be admitted; 0 admits this one. */
  take(requestClass: RequestClass, limits: Limits): number {
    const perSecond = limits[requestClass];
    const now = Date.now();
    const bucket = this.#buckets.get(requestClass) ?? { tokens: perSecond, at: now };
    const refill = (Math.max(now - bucket.at, 0) / 1_000) * perSecond;
    const tokens = Math.min(bucket.tokens + refill, Math.max(perSecond, 1));
    const admitted = tokens >= 1;
    this.#buckets.set(requestClass, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted ? 0 : Math.ceil(((1 - tokens) / perSecond) * 1_000);
  }
}
