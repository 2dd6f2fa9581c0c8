import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RetryLater, TargetUnavailable } from '../../src/identity/errors.ts';
import { TargetHealth } from '../../src/provisioning/target-health.ts';
import { ScimError, ScimTransportError } from '../../src/scim/errors.ts';

const limits = { percent: 50, minimum: 20, windowMs: 600_000 };
const request = { method: 'PATCH', path: 'Users/1' };
const failure = (cause: Error) => new RetryLater(cause.message, { cause });
const outage = failure(new ScimError({ ...request, status: 503 }));
const noAnswer = [
  failure(new ScimError({ ...request, status: 500 })),
  outage,
  failure(new ScimTransportError({ ...request, kind: 'timeout', mayHaveApplied: true })),
  failure(new ScimTransportError({ ...request, kind: 'network', mayHaveApplied: true })),
];
const answers = [
  failure(new ScimError({ ...request, status: 429 })),
  failure(new ScimError({ ...request, status: 499 })),
  new RetryLater('reads disagree'),
  new TargetUnavailable('refused'),
  // Named by what follows it, it is no failure of the whole target, whatever its cause was.
  Object.assign(new Error('decided'), { cause: new ScimError({ ...request, status: 503 }) }),
];

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** How many failures in a row it takes to say that the whole target is out of order. */
function failuresUntilBad(health: TargetHealth, most = 100): number | undefined {
  for (let count = 1; count <= most; count += 1)
    if (health.judge(outage) instanceof TargetUnavailable) return count;
  return undefined;
}

describe('the health of a target', () => {
  test.each(noAnswer)('is bad when most requests get no answer: $message', error => {
    const health = new TargetHealth(limits);
    const judged = Array.from({ length: limits.minimum }, () => health.judge(error));
    expect(judged.slice(0, -1).every(each => each === error)).toBe(true);
    const last = judged.at(-1);
    expect(last).toBeInstanceOf(TargetUnavailable);
    expect(last).toMatchObject({ message: expect.stringContaining(error.message), cause: error });
  });

  test.each(answers)('is not bad for an answer: $message', error => {
    const health = new TargetHealth(limits);
    for (let count = 0; count < 100; count += 1) expect(health.judge(error)).toBe(error);
  });

  test.each([
    ['success', (health: TargetHealth) => health.answered()],
    ['refusal', (health: TargetHealth) => health.judge(answers[0] ?? outage)],
  ])('is as good as its share of answers, each a %s', (_, answer) => {
    const health = new TargetHealth(limits);
    for (let count = 0; count < 30; count += 1) answer(health);
    expect(failuresUntilBad(health)).toBe(30);
  });

  test('forgets what is older than its window', () => {
    const health = new TargetHealth(limits);
    for (let count = 0; count < 30; count += 1) health.answered();
    vi.setSystemTime(Date.now() + limits.windowMs + 60_000);
    expect(failuresUntilBad(health)).toBe(limits.minimum);
  });

  test('is bad after a few failures while a probe is all that got through, until a write does', () => {
    const health = new TargetHealth(limits);
    for (let count = 0; count < 30; count += 1) health.answered();
    health.beginTrial();
    expect(failuresUntilBad(health)).toBe(10);
    health.beginTrial();
    health.endTrial();
    expect(failuresUntilBad(health)).toBe(limits.minimum);
  });

  test('takes no more failures on trial than at other times', () => {
    const health = new TargetHealth({ ...limits, minimum: 3 });
    health.beginTrial();
    expect(failuresUntilBad(health)).toBe(3);
  });
});
