import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Removals, roomLeft, withRemovals } from '../../src/planning/removal-guard.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const windows = [
  { ms: HOUR, count: 20, percent: 5 },
  { ms: 24 * HOUR, count: 50, percent: 10 },
  { ms: 7 * 24 * HOUR, count: 100, percent: 20 },
];
const START = Date.UTC(2026, 0, 5);

/** Takes away what there is room for, and gives what that was. */
function take(
  before: Removals,
  wanted: number,
  at: number,
  total = 0,
): { removals: Removals; taken: number } {
  const taken = Math.min(wanted, roomLeft(before, windows, total, at));
  return { removals: withRemovals(before, windows, taken, at), taken };
}

describe('the guard lets through', () => {
  test('the larger of a figure and a share', () => {
    expect(roomLeft([], windows, 100, START)).toBe(20);
    expect(roomLeft([], windows, 400, START)).toBe(20);
    expect(roomLeft([], windows, 1_000, START)).toBe(50);
  });

  test('no more in a day, or in a week, because it came hour by hour', () => {
    let removals: Removals = [];
    let sum = 0;
    for (let hour = 0; hour < 24; hour += 1) {
      const next = take(removals, 20, START + hour * HOUR);
      [removals, sum] = [next.removals, sum + next.taken];
    }
    expect(sum).toBe(50);
    for (let hour = 24; hour < 7 * 24; hour += 1) {
      const next = take(removals, 20, START + hour * HOUR);
      [removals, sum] = [next.removals, sum + next.taken];
    }
    expect(sum).toBe(100);
  });

  test('more when the time has passed', () => {
    const { removals } = take([], 20, START);
    expect(roomLeft(removals, windows, 0, START + HOUR - 1)).toBe(0);
    expect(roomLeft(removals, windows, 0, START + HOUR + 10 * MINUTE)).toBe(20);
    expect(roomLeft(removals, windows, 0, START + 8 * 24 * HOUR)).toBe(20);
  });
});

describe('what is stored', () => {
  const tenMinutes = START / (10 * MINUTE);

  test('is one figure for all removals of ten minutes', () => {
    const once = withRemovals([], windows, 2, START);
    expect(withRemovals(once, windows, 3, START + 10 * MINUTE - 1)).toEqual([[tenMinutes, 5]]);
    expect(withRemovals(once, windows, 3, START + 10 * MINUTE)).toEqual([
      [tenMinutes, 2],
      [tenMinutes + 1, 3],
    ]);
  });

  test('is forgotten when no window reaches it any more', () => {
    const once = withRemovals([], windows, 2, START);
    const after = START + 7 * 24 * HOUR + 10 * MINUTE;
    expect(withRemovals(once, windows, 1, after)).toEqual([[tenMinutes + 7 * 24 * 6 + 1, 1]]);
    expect(withRemovals(once, windows, 1, after - 1)).toEqual([
      [tenMinutes, 2],
      [tenMinutes + 7 * 24 * 6, 1],
    ]);
  });
});

test('no window of any length that ends anywhere ever holds more than it allows', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40 })), {
    maxLength: 80,
    size: 'max',
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 2_000 }), (waits, total) => {
      const taken: [at: number, count: number][] = [];
      let removals: Removals = [];
      let at = START;
      for (const [minutes, wanted] of waits) {
        at += minutes * MINUTE;
        const next = take(removals, wanted, at, total);
        removals = next.removals;
        taken.push([at, next.taken]);
      }
      for (const { ms, count, percent } of windows) {
        const allowed = Math.max(count, Math.floor((total * percent) / 100));
        for (const [end] of taken) {
          const within = taken.filter(([when]) => when <= end && when > end - ms);
          expect(within.reduce((n, [, c]) => n + c, 0)).toBeLessThanOrEqual(allowed);
        }
      }
      // What is stored of a week fits into one row.
      expect(removals.length).toBeLessThanOrEqual(7 * 24 * 6 + 1);
    }),
  );
});
