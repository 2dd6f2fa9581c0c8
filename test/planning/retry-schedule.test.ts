import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  auditRetryWaitMs,
  failureRetryWaitMs,
  MAX_TRIES,
  probeWaitMs,
  retryWaitMs,
} from '../../src/planning/retry-schedule.ts';

const HOUR = 3_600_000;
const attempt = fc.integer({ min: 1, max: MAX_TRIES });
const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before a retry', () => {
  test('doubles from 5 s to 4 h at its longest', () => {
    const longest = Array.from({ length: MAX_TRIES }, (_, index) => retryWaitMs(index + 1, 1));
    expect(longest.slice(0, 4)).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(longest.at(-1)).toBe(4 * HOUR);
    expect(longest).toEqual(longest.toSorted((a, b) => a - b));
  });

  test('is anywhere below that, but never a busy loop', () => {
    fc.assert(
      fc.property(attempt, draw, (n, random) => {
        const wait = retryWaitMs(n, random);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(Math.min(5_000 * 2 ** (n - 1), 4 * HOUR));
      }),
    );
  });

  test('is never shorter than what the other side asked for', () => {
    fc.assert(
      fc.property(attempt, draw, fc.integer({ min: 0, max: 24 * HOUR }), (n, random, afterMs) => {
        expect(retryWaitMs(n, random, afterMs)).toBe(Math.max(retryWaitMs(n, random), afterMs));
      }),
    );
  });
});

test('a failed principal is tried again after 1, 2, 4, 8, 16, 24 and 24 hours', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(n => failureRetryWaitMs(n) / HOUR)).toEqual([1, 2, 4, 8, 16, 24, 24]);
  expect(failureRetryWaitMs(0)).toBe(HOUR);
  expect(failureRetryWaitMs(2_000)).toBe(24 * HOUR);
});

test('an audit that failed waits a minute, doubling to half an hour', () => {
  expect([1, 2, 3, 5, 6, 2_000].map(n => auditRetryWaitMs(n) / 60_000)).toEqual([1, 2, 4, 16, 30, 30]);
});

test('a quarantined target is probed after 30 s, doubling to an hour', () => {
  expect([0, 1, 2, 6, 7, 2_000].map(n => probeWaitMs(n) / 1_000)).toEqual([30, 60, 120, 1_920, 3_600, 3_600]);
});
