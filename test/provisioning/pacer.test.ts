import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Pacer } from '../../src/provisioning/pacer.ts';

describe('after a refusal', () => {
  /** Ten seconds at the full rate of 5 a second, and then a refusal at 10.6 s. */
  const refusedOnce = (retryAfterMs?: number): Pacer => {
    const pacer = new Pacer(5, 0);
    for (let at = pacer.waitMs(0); at < 10_000; at += pacer.waitMs(at)) pacer.taken(pacer.start(at));
    pacer.refused(pacer.start(10_500), 10_600, retryAfterMs);
    return pacer;
  };

  test('nothing starts before the target said it may', () => {
    const pacer = refusedOnce(17_000);
    expect(pacer.waitMs(10_600)).toBe(17_000);
    expect(pacer.pauseMs(20_600)).toBe(7_000);
    expect(pacer.waitMs(27_600)).toBe(0);
  });

  test('without a word about it, pauses grow with each refusal, up to half a minute, until one is taken', () => {
    const pacer = refusedOnce();
    const pauses: number[] = [];
    for (let at = 10_600; pauses.length < 6; ) {
      pauses.push(pacer.pauseMs(at));
      at += pacer.waitMs(at);
      pacer.refused(pacer.start(at), at);
    }
    expect(pauses).toEqual([1_000, 3_000, 9_000, 27_000, 30_000, 30_000]);
    const at = 200_000;
    pacer.taken(pacer.start(at));
    pacer.refused(pacer.start(at + 5_000), at + 5_000);
    expect(pacer.pauseMs(at + 5_000)).toBe(1_000);
  });

  test('one request at a time finds out whether any is taken', () => {
    const pacer = refusedOnce();
    pacer.start(11_600);
    expect(pacer.waitMs(11_600)).toBe(1_000);
    const start = pacer.start(12_600);
    pacer.taken(start);
    pacer.start(13_600);
    expect(pacer.waitMs(13_600)).toBeLessThan(1_000);
  });

  test('what had been sent before lowers the rate no further', () => {
    const [one, many] = [new Pacer(5, 0), new Pacer(5, 0)];
    const starts = [1_000, 1_200, 1_400].map(at => many.start(at));
    for (const start of starts) many.refused(start, 1_500);
    one.refused(one.start(1_000), 1_500);
    expect(many.intervalMs(1_500)).toBe(one.intervalMs(1_500));
    expect(many.intervalMs(1_500)).toBeGreaterThan(new Pacer(5, 0).intervalMs(0));
  });

  test('what had been sent before and was taken does not say that any is taken now', () => {
    const pacer = new Pacer(5, 0);
    const [before, refused] = [pacer.start(1_000), pacer.start(1_200)];
    pacer.refused(refused, 1_300);
    pacer.taken(before);
    pacer.refused(pacer.start(2_300), 2_300);
    expect(pacer.pauseMs(2_300)).toBe(3_000);
  });

  test('however often it comes, a tenth of the rate is left', () => {
    const pacer = new Pacer(5, 0);
    for (let at = 0, times = 0; times < 100; times += 1) {
      at += pacer.waitMs(at);
      pacer.taken(pacer.start(at));
      at += pacer.waitMs(at);
      pacer.refused(pacer.start(at), at);
      expect(pacer.intervalMs(at)).toBeLessThanOrEqual(10 * new Pacer(5, 0).intervalMs(0) + 1e-6);
    }
  });

  test('the configured rate is tried every 45 s, and the rate before it comes back with the first refusal', () => {
    const pacer = refusedOnce();
    const full = new Pacer(5, 0).intervalMs(0);
    const reduced = pacer.intervalMs(10_600);
    for (const trial of [55_600, 100_600, 145_600]) {
      expect(pacer.intervalMs(trial - 1)).toBe(reduced);
      expect(pacer.intervalMs(trial)).toBe(full);
      pacer.taken(pacer.start(trial));
      pacer.refused(pacer.start(trial), trial);
      expect(pacer.intervalMs(trial)).toBe(reduced);
    }
  });
});

test('whatever the target answers and whenever, no second holds more than the rate, and no wait is for ever', () => {
  const step = fc.record({
    idleMs: fc.constantFrom(0, 0, 0, 0, 40, 3_000, 400_000),
    answer: fc.constantFrom('taken', 'taken', 'taken', 'refused', 'none'),
    retryAfterMs: fc.constantFrom(undefined, 0, 500, 20_000),
    clockMs: fc.constantFrom(0, 0, 0, 0, -3_600_000),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(step, { maxLength: 200 }), (rate, steps) => {
      const pacer = new Pacer(rate, 0);
      // What the clock shows, which is set back now and then, and the time that really goes by.
      let at = 0;
      let passed = 0;
      const starts: number[] = [];
      for (const { idleMs, answer, retryAfterMs, clockMs } of steps) {
        const wait = pacer.waitMs(at);
        expect(wait).toBeLessThanOrEqual(Math.max(30_000, 10_500 / rate));
        at += wait + idleMs;
        passed += wait + idleMs;
        expect(pacer.waitMs(at)).toBeLessThan(1e-3);
        const start = pacer.start(at);
        starts.push(passed);
        at += clockMs;
        if (answer === 'taken') pacer.taken(start);
        if (answer === 'refused') pacer.refused(start, at, retryAfterMs);
      }
      const busiest = starts.map(from => starts.filter(at => at >= from && at < from + 1_000 - 1e-6).length);
      expect(Math.max(0, ...busiest)).toBeLessThanOrEqual(rate);
    }),
    { numRuns: 300 },
  );
});
