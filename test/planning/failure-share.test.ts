import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mostlyFails, type RequestCounts, withRequest } from '../../src/planning/failure-share.ts';

const WINDOW_MS = 600_000;

function counted(requests: readonly { at: number; hasFailed: boolean }[]): RequestCounts {
  return requests.reduce<RequestCounts>(
    (counts, { at, hasFailed }) => withRequest(counts, hasFailed, at, WINDOW_MS),
    [],
  );
}

const times = (count: number, hasFailed: boolean, at = 0) =>
  Array.from({ length: count }, () => ({ at, hasFailed }));

describe('a target mostly fails', () => {
  test.each([
    ['when half of enough requests fail', 100, 100, true],
    ['not when fewer fail', 101, 99, false],
    ['not when there were too few', 0, 199, false],
    ['when all of just enough fail', 0, 200, true],
  ])('%s', (_, answered, failed, expected) => {
    const counts = counted([...times(answered, false), ...times(failed, true)]);
    expect(mostlyFails(counts, { percent: 50, minimum: 200 })).toBe(expected);
  });

  test('not by a minute that ended when the window began', () => {
    const [first, last] = [times(3, true), times(1, false, WINDOW_MS + 60_000)];
    expect(counted([...first, ...last])).toEqual([[11, 1, 0]]);
    expect(counted([...first, ...times(1, false, WINDOW_MS + 59_999)])).toEqual([
      [0, 3, 3],
      [10, 1, 0],
    ]);
  });

  test('by what the window holds, give or take the minute that it begins in', () => {
    const requests = fc.record({ afterMs: fc.integer({ min: 0, max: 90_000 }), hasFailed: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(requests, { minLength: 1, maxLength: 80, size: 'max' }),
        fc.integer({ min: 1, max: 40 }),
        (steps, minimum) => {
          let at = 0;
          const happened = steps.map(({ afterMs, hasFailed }) => {
            at += afterMs;
            return { at, hasFailed };
          });
          const says = (withinMs: number) => {
            const seen = happened.filter(request => request.at > at - withinMs);
            return { requests: seen.length, failed: seen.filter(({ hasFailed }) => hasFailed).length };
          };
          const counts = counted(happened);
          const sum = (of: 1 | 2) => counts.reduce((all, minute) => all + minute[of], 0);
          expect(sum(1)).toBeGreaterThanOrEqual(says(WINDOW_MS).requests);
          expect(sum(1)).toBeLessThanOrEqual(says(WINDOW_MS + 60_000).requests);
          expect(sum(2)).toBeGreaterThanOrEqual(says(WINDOW_MS).failed);
          expect(sum(2)).toBeLessThanOrEqual(says(WINDOW_MS + 60_000).failed);
          expect(mostlyFails(counts, { percent: 50, minimum })).toBe(
            sum(1) >= minimum && sum(2) * 2 >= sum(1),
          );
        },
      ),
    );
  });
});
