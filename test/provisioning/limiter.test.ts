import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type RowClass, rowClasses } from '../../src/identity/change.ts';
import { Limiter, WouldWait } from '../../src/provisioning/limiter.ts';

const RATES = { get: 10, list: 2, write: 5, patch: 2 };

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Asks for `count` starts and notes when, and in which order, they come. */
function ask(
  limiter: Limiter,
  starts: { at: number; label: string }[],
  count: number,
  rowClass: RowClass = 'bulk',
): void {
  for (let index = 0; index < count; index += 1) {
    void limiter
      .take('write', rowClass)
      .then(() => starts.push({ at: Date.now(), label: `${rowClass}${index}` }));
  }
}

/** The most starts in any window of `ms`, wherever it begins. */
function busiest(starts: readonly { at: number }[], ms: number): number {
  return Math.max(
    0,
    ...starts.map(({ at }) => starts.filter(other => other.at >= at && other.at < at + ms).length),
  );
}

describe('requests of one class', () => {
  test('never exceed the rate in any second, whatever comes in when, and however late timers wake', async () => {
    const burst = fc.record({
      count: fc.integer({ min: 0, max: 6 }),
      pauseMs: fc.integer({ min: 0, max: 900 }),
      lateMs: fc.constantFrom(0, 0, 10, 29, 31, 200, 5_000),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.array(burst, { maxLength: 12 }),
        async (rate, bursts) => {
          const limiter = new Limiter({ ...RATES, write: rate });
          const starts: { at: number; label: string }[] = [];
          for (const { count, pauseMs, lateMs } of bursts) {
            ask(limiter, starts, count);
            await vi.advanceTimersByTimeAsync(pauseMs);
            // The machine stood still: the clock went on, timers did not.
            vi.setSystemTime(Date.now() + lateMs);
          }
          await vi.advanceTimersByTimeAsync(100_000);
          expect(starts.length).toBe(bursts.reduce((sum, { count }) => sum + count, 0));
          expect(busiest(starts, 1_000)).toBeLessThanOrEqual(rate);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('use nearly all of it while there is work', async () => {
    const starts: { at: number; label: string }[] = [];
    ask(new Limiter(RATES), starts, 1_000);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(starts.length).toBeGreaterThan(100 * RATES.write * 0.95);
    expect(starts.length).toBeLessThanOrEqual(100 * RATES.write);
  });

  test('save nothing up while there is none', async () => {
    const limiter = new Limiter(RATES);
    const starts: { at: number; label: string }[] = [];
    await vi.advanceTimersByTimeAsync(60_000);
    ask(limiter, starts, 20);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts.length).toBeLessThanOrEqual(RATES.write);
    expect(starts[0]?.at).toBeLessThanOrEqual(Date.now() - 1_000 + 1);
  });

  test('wait at first as if another owner had sent one just before', async () => {
    const starts: { at: number; label: string }[] = [];
    const from = Date.now();
    ask(new Limiter({ ...RATES, write: 1 }), starts, 1);
    await vi.advanceTimersByTimeAsync(3_000);
    expect((starts[0]?.at ?? 0) - from).toBeGreaterThanOrEqual(1_000);
  });

  test('do not wait for another class', async () => {
    const limiter = new Limiter({ ...RATES, patch: 0.01 });
    void limiter.take('patch', 'revoke');
    let started = false;
    void limiter.take('write', 'bulk').then(() => {
      started = true;
    });
    await vi.advanceTimersByTimeAsync(300);
    expect(started).toBe(true);
  });

  test('go on at their rate after the clock was set back', async () => {
    const limiter = new Limiter(RATES);
    const starts: { at: number; label: string }[] = [];
    ask(limiter, starts, 10);
    await vi.advanceTimersByTimeAsync(500);
    const before = starts.length;
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts.length - before).toBeGreaterThanOrEqual(4);
    expect(starts.length - before).toBeLessThanOrEqual(RATES.write);
  });
});

describe('who goes first', () => {
  test('what takes access away, then the other classes in their order, each as it came', async () => {
    const limiter = new Limiter(RATES);
    const starts: { at: number; label: string }[] = [];
    for (const rowClass of rowClasses.toReversed()) ask(limiter, starts, 2, rowClass);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts.map(({ label }) => label)).toEqual(
      rowClasses.flatMap(rowClass => [`${rowClass}0`, `${rowClass}1`]),
    );
  });

  test('a revocation waits for one slot behind any number of others', async () => {
    const limiter = new Limiter(RATES);
    const starts: { at: number; label: string }[] = [];
    ask(limiter, starts, 500, 'grant');
    await vi.advanceTimersByTimeAsync(10_000);
    const asked = Date.now();
    ask(limiter, starts, 1, 'revoke');
    await vi.advanceTimersByTimeAsync(1_000);
    const revoked = starts.find(({ label }) => label === 'revoke0');
    expect((revoked?.at ?? Number.POSITIVE_INFINITY) - asked).toBeLessThanOrEqual(
      1_000 / RATES.write / 0.97 + 1,
    );
  });
});

describe('admission', () => {
  const admits = (limiter: Limiter, rowClass: RowClass, withinMs: number): boolean => {
    try {
      limiter.admit('write', rowClass, Date.now() + withinMs);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(WouldWait);
      expect((error as WouldWait).rowClass).toBe(rowClass);
      return false;
    }
  };

  test('lets in what would start in time, and nothing else', async () => {
    const ahead = fc.array(fc.constantFrom(...rowClasses), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        ahead,
        fc.constantFrom(...rowClasses),
        fc.integer({ min: 0, max: 6_000 }),
        async (queue, mine, within) => {
          const limiter = new Limiter(RATES);
          for (const rowClass of queue) void limiter.take('write', rowClass);
          const admitted = admits(limiter, mine, within);
          const asked = Date.now();
          let waited = Number.POSITIVE_INFINITY;
          void limiter.take('write', mine).then(() => {
            waited = Date.now() - asked;
          });
          await vi.advanceTimersByTimeAsync(20_000);
          // A timer wakes up to a millisecond after its slot.
          if (admitted) expect(waited).toBeLessThanOrEqual(within + 1 + queue.length);
          else expect(waited).toBeGreaterThan(within - 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('keeps live changes out behind a flood, except revocations', async () => {
    const limiter = new Limiter(RATES);
    ask(limiter, [], 100, 'attribute');
    expect(admits(limiter, 'attribute', 5_000)).toBe(false);
    expect(admits(limiter, 'bulk', 5_000)).toBe(false);
    expect(admits(limiter, 'revoke', 5_000)).toBe(true);
    await vi.advanceTimersByTimeAsync(18_000);
    expect(admits(limiter, 'attribute', 5_000)).toBe(true);
  });
});
