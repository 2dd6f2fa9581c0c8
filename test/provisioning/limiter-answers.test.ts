import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RetryLater } from '../../src/identity/errors.ts';
import { Limiter, WouldWait } from '../../src/provisioning/limiter.ts';
import { ScimError, ScimTransportError } from '../../src/scim/errors.ts';

const RATES = { get: 10, list: 2, write: 5, patch: 2 };

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('what a request was answered', () => {
  const answer = (status: number, retryAfterMs?: number): ScimError =>
    new ScimError({ method: 'POST', path: 'Users', status, retryAfterMs });

  test('429: the class pauses for as long as the target says, the others do not', async () => {
    const limiter = new Limiter(RATES);
    const starts: number[] = [];
    const asked = limiter.take('write', 'bulk');
    await vi.advanceTimersByTimeAsync(1_000);
    (await asked)(answer(429, 12_000));
    const refusedAt = Date.now();
    for (const rowClass of ['revoke', 'grant', 'bulk'] as const)
      void limiter.take('write', rowClass).then(() => starts.push(Date.now()));
    expect(() => limiter.admit('write', 'revoke', refusedAt + 11_999)).toThrow(WouldWait);
    let isRead = false;
    void limiter.take('get', 'bulk').then(() => {
      isRead = true;
    });
    await vi.advanceTimersByTimeAsync(11_900);
    expect(starts).toEqual([]);
    expect(isRead).toBe(true);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(starts).toHaveLength(3);
    expect((starts[0] ?? 0) - refusedAt).toBeGreaterThanOrEqual(12_000);
  });

  test('429 that asks for more than a minute: whoever waits, or comes, is told to try later', async () => {
    const limiter = new Limiter(RATES);
    const asked = limiter.take('write', 'bulk');
    await vi.advanceTimersByTimeAsync(1_000);
    const waiting = Promise.allSettled([limiter.take('write', 'revoke'), limiter.take('write', 'bulk')]);
    (await asked)(answer(429, 3_600_000));
    await vi.advanceTimersByTimeAsync(100);
    const late = Promise.allSettled([limiter.take('write', 'revoke')]);
    await vi.advanceTimersByTimeAsync(100);
    for (const result of [...(await waiting).slice(1), ...(await late)]) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(RetryLater) });
      const { afterMs = 0 } = (result as PromiseRejectedResult).reason as RetryLater;
      expect(afterMs).toBeGreaterThan(3_590_000);
    }
    await vi.advanceTimersByTimeAsync(3_600_000);
    const again = limiter.take('write', 'bulk');
    await vi.advanceTimersByTimeAsync(1_000);
    await expect(again).resolves.toBeTypeOf('function');
  });

  test.each([
    ['success', undefined],
    ['another refusal', answer(403)],
    [
      'no answer',
      new ScimTransportError({ kind: 'timeout', method: 'POST', path: 'Users', mayHaveApplied: true }),
    ],
  ])('%s: the rate stays', async (_, error) => {
    const limiter = new Limiter(RATES);
    let count = 0;
    const work = async (): Promise<never> => {
      for (;;) {
        (await limiter.take('write', 'bulk'))(error);
        count += 1;
      }
    };
    void work();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(count).toBeGreaterThanOrEqual(20 * RATES.write * 0.95);
  });
});
