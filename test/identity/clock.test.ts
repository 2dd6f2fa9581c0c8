import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { now, sleep, sleepUntil } from '../../src/identity/clock.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

describe('sleepUntil', () => {
  test('ends soon after the wall clock is moved past the instant', async () => {
    let done = false;
    const sleeping = sleepUntil(now() + 3_600_000).then(() => {
      done = true;
    });
    await turn();
    expect(done).toBe(false);
    const moved = performance.now();
    vi.setSystemTime(now() + 3_600_000);
    await sleeping;
    expect(performance.now() - moved).toBeLessThan(10_000);
  });

  test('ends at once for an instant that is past', async () => {
    await sleepUntil(now());
    await sleepUntil(Number.NEGATIVE_INFINITY);
  });

  test('is ended by its signal, with the signal’s reason', async () => {
    const stop = new AbortController();
    const sleeping = sleep(3_600_000, stop.signal);
    stop.abort(new RangeError('stopped'));
    await expect(sleeping).rejects.toThrow(new RangeError('stopped'));
    await expect(sleepUntil(0, stop.signal)).rejects.toThrow(new RangeError('stopped'));
  });
});

describe('sleep', () => {
  test('is shortened by a clock that is set forward', async () => {
    const sleeping = sleep(3_600_000);
    await turn();
    vi.setSystemTime(now() + 3_600_000);
    await sleeping;
  });

  test('is not prolonged by a clock that is set back', async () => {
    vi.useFakeTimers();
    let done = false;
    void sleep(100).then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(50);
    vi.setSystemTime(now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(45);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(55);
    expect(done).toBe(true);
  });
});
