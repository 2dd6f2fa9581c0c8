import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RetryLater, TargetUnavailable } from '../../src/identity/errors.ts';
import { enableTarget } from '../../src/operations/enable-target.ts';
import { Quarantine } from '../../src/provisioning/quarantine.ts';
import { TargetHealth } from '../../src/provisioning/target-health.ts';
import { ScimError, ScimTransportError } from '../../src/scim/errors.ts';
import { recordedLog } from '../harness/recorded-log.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { useStorage } from '../state/storage.ts';

const DAY_MS = 24 * 3_600_000;
const limits = { percent: 50, minimum: 20, windowMs: 600_000, disableAfterMs: 28 * DAY_MS };
const storage = useStorage();

let clock: TestClock;
beforeEach(() => {
  clock = createTestClock();
  clock.install();
});
afterEach(() => clock.dispose());

function quarantined() {
  const target = randomUUID();
  const log = recordedLog();
  const quarantine = new Quarantine(storage.state.targets, limits, log);
  const known = async () => (await storage.state.targets.read(target)).quarantine;
  const refuse = (status = 403) => quarantine.enter(target, new TargetUnavailable(`refused ${status}`));
  const events = () => log.lines.map(line => /target-[a-z-]+/.exec(line)?.[0]);
  /** One probe after the other fails, for that long. */
  const refusedFor = async (ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end; ) {
      const { probeAt = 0, disabledAt } = (await known()) ?? {};
      clock.advance(disabledAt === undefined ? Math.max(probeAt - Date.now(), 0) : 3_600_000);
      await refuse();
    }
  };
  return { target, quarantine, known, refuse, refusedFor, events };
}

describe('a target in quarantine', () => {
  test('is one event, however many changes meet the refusal, and is probed at growing intervals', async () => {
    const { known, refuse, refusedFor, events } = quarantined();
    for (let count = 0; count < 5; count += 1) await refuse();
    expect(await known()).toMatchObject({ probes: 0 });
    await refusedFor(2 * 3_600_000);
    const { probes, probeAt } = (await known()) ?? {};
    expect(probes).toBe(8);
    const wait = (probeAt ?? 0) - Date.now();
    expect(wait).toBeGreaterThan(3_590_000);
    expect(wait).toBeLessThanOrEqual(3_600_000);
    expect(events()).toEqual(['target-quarantined']);
  });

  test('that answers a probe and refuses the next write stays in the same one', async () => {
    const { target, quarantine, known, refuse, events } = quarantined();
    await refuse();
    const { since } = (await known()) ?? {};
    for (let round = 1; round <= 5; round += 1) {
      clock.advance(3_600_000);
      await quarantine.leave(target);
      expect(await known()).toBeUndefined();
      await refuse();
      expect(await known()).toMatchObject({ probes: round, since });
    }
    expect(events().filter(event => event === 'target-quarantined')).toHaveLength(1);
  });

  test('is over with the first write that is taken: the next one is an event of its own', async () => {
    const { target, quarantine, known, refuse, events } = quarantined();
    await refuse();
    await quarantine.leave(target);
    await quarantine.wrote(target);
    clock.advance(2_000);
    await refuse();
    expect(await known()).toMatchObject({ probes: 0 });
    expect(events().filter(event => event === 'target-quarantined')).toHaveLength(2);
  });

  test('for four weeks is switched off with one alert, until a person switches it on', async () => {
    const { target, known, refuse, refusedFor, events } = quarantined();
    await refuse();
    await refusedFor(28 * DAY_MS + 2 * 3_600_000);
    expect(await known()).toMatchObject({ disabledAt: expect.any(Number) });
    await refusedFor(DAY_MS);
    expect(events()).toEqual(['target-quarantined', 'target-disabled']);
    const pumped: string[] = [];
    const queue = { sendPump: async (id: string) => void pumped.push(id) };
    const context = { state: storage.state, queue } as unknown as Parameters<typeof enableTarget>[0];
    expect(await enableTarget(context, target)).toBe(true);
    const state = await storage.state.targets.read(target);
    expect(state.quarantine).toBeUndefined();
    expect(state.auditDue).toContain('switched on again');
    expect(pumped).toEqual([target]);
    expect(await enableTarget(context, target)).toBe(false);
  }, 120_000);
});

describe('the health of a target', () => {
  const request = { method: 'PATCH', path: 'Users/1' };
  const failure = (cause: Error) => new RetryLater(cause.message, { cause });
  const noAnswer = [
    failure(new ScimError({ ...request, status: 500 })),
    failure(new ScimError({ ...request, status: 503 })),
    failure(new ScimTransportError({ ...request, kind: 'timeout', mayHaveApplied: true })),
    failure(new ScimTransportError({ ...request, kind: 'network', mayHaveApplied: true })),
  ];
  const answer = [
    failure(new ScimError({ ...request, status: 429 })),
    failure(new ScimError({ ...request, status: 409 })),
    new RetryLater('reads disagree'),
    new TargetUnavailable('refused'),
  ];

  test('is bad when most requests get no answer', () => {
    const health = new TargetHealth(limits);
    const judged = Array.from({ length: 20 }, (_, index) => {
      const error = noAnswer[index % noAnswer.length] ?? noAnswer[0];
      return error === undefined ? undefined : health.judge(error);
    });
    expect(judged.findIndex(each => each instanceof TargetUnavailable)).toBe(limits.minimum - 1);
  });

  test('is not bad for answers of any kind', () => {
    const health = new TargetHealth(limits);
    for (let count = 0; count < 100; count += 1)
      for (const error of answer) expect(health.judge(error)).toBe(error);
  });

  test('is bad after a few failures while a probe is all that got through, until a write does', () => {
    const [error] = noAnswer;
    if (error === undefined) throw new Error('no failure');
    const health = new TargetHealth(limits);
    health.beginTrial();
    for (let count = 0; count < 9; count += 1) expect(health.judge(error)).toBe(error);
    expect(health.judge(error)).toBeInstanceOf(TargetUnavailable);
    health.beginTrial();
    health.endTrial();
    for (let count = 0; count < 15; count += 1) expect(health.judge(error)).toBe(error);
  });
});
