import { describe, expect, test } from 'vitest';
import { decideLeave, type LeaveRule, type Leaving, mayStay } from '../../src/planning/lifecycle.ts';

const HOUR = 3_600_000;
const deactivate: LeaveRule = { action: 'deactivate', graceMs: HOUR };
const keep: LeaveRule = { action: 'keep', graceMs: HOUR };
const since = (at: number): Leaving => ({ event: 'unassigned', since: at });

describe('somebody who left', () => {
  test.each<[string, LeaveRule, Leaving | undefined, number, object]>([
    ['a moment ago', deactivate, undefined, 5, { action: 'wait', until: 5 + HOUR, leaving: { since: 5 } }],
    ['within his grace period', deactivate, since(0), HOUR - 1, { action: 'wait', until: HOUR }],
    ['as long ago as his grace period lasts', deactivate, since(0), HOUR, { action: 'deactivate' }],
    ['without a grace period', { ...deactivate, graceMs: 0 }, undefined, 5, { action: 'deactivate' }],
    ['and keeps what he has', keep, undefined, 5, { action: 'keep', leaving: { since: 5 } }],
    [
      'and is away for another reason by now, which starts nothing anew',
      deactivate,
      since(0),
      HOUR / 2,
      { action: 'wait', until: HOUR, leaving: { event: 'disabled', since: 0 } },
    ],
  ])('%s', (_, rule, before, now, expected) => {
    expect(decideLeave(rule, 'disabled', before, now)).toMatchObject(expected);
  });

  test.each<[string, LeaveRule | undefined, Leaving | undefined, number, boolean]>([
    ['within his grace period', deactivate, since(0), HOUR - 1, true],
    ['after it', deactivate, since(0), HOUR, false],
    ['for good', keep, since(0), 9 * HOUR, true],
    ['not before his leaving was noted', deactivate, undefined, 0, false],
    ['not without a rule', undefined, since(0), 0, false],
  ])('may stay %s', (_, rule, leaving, now, expected) => {
    expect(mayStay(rule, leaving, now)).toBe(expected);
  });
});
