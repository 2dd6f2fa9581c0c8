import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowClasses } from '../../src/identity/change.ts';
import {
  auditRetryWaitMs,
  failureRetryWaitMs,
  keptRowWaitMs,
  LEAST_TRYING_MS,
  laterLookWaitMs,
  MAX_TRIES,
  nextStep,
  probeWaitMs,
  retryWaitMs,
  type Trouble,
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

test('a look that settles nothing is repeated after a minute, and less often the longer reads disagree', () => {
  expect([0, 1, 3, 4, 5, 6, 7, 8, 2_000].map(again => laterLookWaitMs(again) / 60_000)).toEqual([
    1, 1, 1, 2, 4, 8, 15, 15, 15,
  ]);
});

test('a row whose end could not be made durable is left alone for a second, doubling to half a minute', () => {
  expect([0, 1, 2, 5, 6, 2_000].map(n => keptRowWaitMs(n) / 1_000)).toEqual([1, 1, 2, 16, 30, 30]);
});

test('a quarantined target is probed after 30 s, doubling to an hour', () => {
  expect([0, 1, 2, 6, 7, 2_000].map(n => probeWaitMs(n) / 1_000)).toEqual([30, 60, 120, 1_920, 3_600, 3_600]);
});

const transient = fc.record({
  kind: fc.constantFrom('throttled' as const, 'interrupted' as const, 'passing' as const),
  afterMs: fc.option(fc.integer({ min: 0, max: 24 * HOUR }), { nil: undefined }),
});
const unforeseen: Trouble = { kind: 'unforeseen' };

describe('after a request that failed', () => {
  const place = (tries: number, isRepeatable = true) => ({ in: 'request', tries, isRepeatable }) as const;

  test('trouble of a moment is tried three times in all, at once', () => {
    const steps = [1, 2, 3].map(tries => nextStep({ kind: 'interrupted' }, place(tries), 0));
    expect(steps).toEqual([
      { step: 'try-at-once', waitMs: 250 },
      { step: 'try-at-once', waitMs: 500 },
      { step: 'give-up' },
    ]);
  });

  test('a wait of up to two seconds is kept to, a longer one is not waited for', () => {
    const stepAfter = (afterMs: number) => nextStep({ kind: 'throttled', afterMs }, place(1), 0);
    expect(stepAfter(2_000)).toEqual({ step: 'try-at-once', waitMs: 2_000 });
    expect(stepAfter(2_001)).toEqual({ step: 'give-up' });
  });

  test('a create is sent again only when it surely was not taken', () => {
    expect(nextStep({ kind: 'interrupted' }, place(1, false), 0)).toEqual({ step: 'give-up' });
    expect(nextStep({ kind: 'throttled' }, place(1, false), 0)).toMatchObject({ step: 'try-at-once' });
  });

  test.each<Trouble>([
    { kind: 'passing' },
    unforeseen,
    { kind: 'permanent', code: 'X' },
    { kind: 'unavailable' },
  ])('$kind is not tried at once', trouble => {
    expect(nextStep(trouble, place(1), 0)).toEqual({ step: 'give-up' });
  });
});

describe('after a message that failed', () => {
  const place = (retries: number, heardForMs = 0) => ({ in: 'message', retries, heardForMs }) as const;

  test('transient trouble is never a dead letter within a day, however short the waits are drawn', () => {
    fc.assert(
      fc.property(fc.oneof(transient, fc.constant(unforeseen)), fc.infiniteStream(draw), (trouble, draws) => {
        let heardForMs = 0;
        let retries = 0;
        for (const random of draws) {
          const next = nextStep(trouble, place(retries, heardForMs), random);
          if (next.step === 'dead-letter') {
            expect(next.code).toBe('RetriesExhausted');
            break;
          }
          expect(next).toMatchObject({ step: 'copy', retries: retries + 1 });
          retries += 1;
          heardForMs += next.step === 'copy' ? next.waitMs : 0;
        }
        expect(heardForMs).toBeGreaterThanOrEqual(LEAST_TRYING_MS);
        expect(retries).toBeGreaterThanOrEqual(MAX_TRIES - 1);
      }),
      { numRuns: 50 },
    );
  });

  test('it comes to its end after a day and 24 tries', () => {
    expect(nextStep(unforeseen, place(MAX_TRIES - 1, 24 * HOUR), 0)).toEqual({
      step: 'dead-letter',
      code: 'RetriesExhausted',
    });
    expect(nextStep(unforeseen, place(MAX_TRIES - 1, 24 * HOUR - 1), 0)).toMatchObject({ step: 'copy' });
    expect(nextStep(unforeseen, place(MAX_TRIES - 2, 240 * HOUR), 0)).toMatchObject({ step: 'copy' });
  });

  test('what the other side asks for is waited for', () => {
    const next = nextStep({ kind: 'throttled', afterMs: 6 * HOUR }, place(0), 0.5);
    expect(next).toEqual({ step: 'copy', retries: 1, waitMs: 6 * HOUR });
  });

  test('permanent trouble is a dead letter at once, under its own code', () => {
    expect(nextStep({ kind: 'permanent', code: 'TargetRefused400' }, place(0), 0)).toEqual({
      step: 'dead-letter',
      code: 'TargetRefused400',
    });
  });

  test('what is no fault of the change costs it no try', () => {
    const stepAfter = (trouble: Trouble) => nextStep(trouble, place(5), 0);
    expect(stepAfter({ kind: 'unavailable' })).toEqual({
      step: 'row',
      rowClass: 'attribute',
      quarantine: true,
    });
    expect(stepAfter({ kind: 'closed' })).toEqual({ step: 'row', rowClass: 'grant', quarantine: false });
    const ofSource = stepAfter({ kind: 'source-closed' });
    expect(ofSource).toEqual({ step: 'row', rowClass: 'attribute', quarantine: false });
    expect(stepAfter({ kind: 'not-owner' })).toEqual({ step: 'hand-on', waitMs: 3_000 });
    for (const rowClass of rowClasses)
      expect(stepAfter({ kind: 'no-room', rowClass })).toEqual({ step: 'row', rowClass, quarantine: false });
  });
});

describe('after a row that failed', () => {
  const place = { in: 'row', rowClass: 'bulk' } as const;

  test('transient trouble makes it a message that has been tried once', () => {
    fc.assert(
      fc.property(transient, draw, (trouble, random) => {
        const waitMs = retryWaitMs(1, random, trouble.afterMs);
        expect(nextStep(trouble, place, random)).toEqual({ step: 'copy', retries: 1, waitMs });
      }),
    );
  });

  test.each<Trouble>([unforeseen, { kind: 'permanent', code: 'X' }, { kind: 'no-room', rowClass: 'grant' }])(
    '$kind makes it a message, which alone can be counted and end',
    trouble => {
      expect(nextStep(trouble, place, 0)).toEqual({ step: 'copy', retries: 0, waitMs: 0 });
    },
  );

  test('it stays while target or source refuse everything, or the target belongs to another instance', () => {
    expect(nextStep({ kind: 'unavailable' }, place, 0)).toEqual({ step: 'keep-row', quarantine: true });
    for (const kind of ['source-closed', 'not-owner'] as const)
      expect(nextStep({ kind }, place, 0)).toEqual({ step: 'keep-row', quarantine: false });
  });

  test('what a closed target keeps back of a revocation waits with the grants', () => {
    const stepAfter = (rowClass: (typeof rowClasses)[number]) =>
      nextStep({ kind: 'closed' }, { in: 'row', rowClass }, 0);
    expect(stepAfter('revoke')).toEqual({ step: 'row', rowClass: 'grant' });
    for (const rowClass of ['grant', 'attribute', 'bulk'] as const)
      expect(stepAfter(rowClass)).toEqual({ step: 'row', rowClass });
  });
});
