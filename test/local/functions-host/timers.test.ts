import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseSchedule } from '../../../src/local/functions-host/schedule.ts';
import { gate, startFixture } from './fixture.ts';

const PATIENT = { timeout: 10_000, interval: 5 };
const settings = { FIXTURE_SCHEDULE: '*/5 * * * * *' };

function shiftDate(to: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(to) });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe('timer triggers', () => {
  test('fire when the wall clock reaches their schedule, once for all occurrences that passed', async () => {
    shiftDate('2026-11-22T09:59:59.000Z');
    const { fixture } = await startFixture({ functions: ['hourly'] });
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(fixture.timers).toEqual([]);
    vi.setSystemTime('2026-11-22T12:30:00.000Z');
    await vi.waitUntil(() => fixture.timers.length > 0, PATIENT);
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(fixture.timers).toHaveLength(1);
    expect(fixture.timers[0]?.timer).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: expect.stringMatching(/^2026-11-22T12:30:00\.\d{7}\+00:00$/),
        lastUpdated: expect.stringMatching(/^2026-11-22T12:30:00/),
        next: '2026-11-22T10:00:00.0000000+00:00',
      },
      isPastDue: false,
    });
    vi.setSystemTime('2026-11-22T13:00:00.000Z');
    await vi.waitUntil(() => fixture.timers.length === 2, PATIENT);
  });

  test('take their schedule from an app setting, and do not overlap with themselves', async () => {
    shiftDate('2026-11-22T10:00:01.000Z');
    const { fixture } = await startFixture({ functions: ['configured'], settings });
    const held = gate();
    fixture.gate = held.promise;
    vi.setSystemTime('2026-11-22T10:00:05.000Z');
    await vi.waitUntil(() => fixture.timers.length === 1, PATIENT);
    vi.setSystemTime('2026-11-22T10:00:10.000Z');
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(fixture.timers).toHaveLength(1);
    held.open();
    await new Promise(resolve => setTimeout(resolve, 60));
    vi.setSystemTime('2026-11-22T10:00:15.000Z');
    await vi.waitUntil(() => fixture.timers.length === 2, PATIENT);
  });

  test('run on start-up when they ask for it', async () => {
    const { fixture } = await startFixture({ functions: ['eager', 'hourly'] });
    await vi.waitUntil(() => fixture.timers.length === 1, PATIENT);
    expect(fixture.timers[0]).toMatchObject({
      name: 'eager',
      timer: { scheduleStatus: { last: expect.any(String) } },
    });
  });

  test('are fired through the admin endpoint, which does not wait for them', async () => {
    const { host, fixture } = await startFixture({ functions: ['hourly', 'silent'] });
    const held = gate();
    fixture.gate = held.promise;
    const post = (name: string, body: string) =>
      fetch(`${host.httpUrl}/admin/functions/${name}`, { method: 'POST', body });
    expect((await post('hourly', '{"input":""}')).status).toBe(202);
    expect((await post('hourly', '{}')).status).toBe(202);
    await vi.waitUntil(() => fixture.timers.length === 2, PATIENT);
    expect(fixture.timers[0]?.timer).toMatchObject({ scheduleStatus: { last: '0001-01-01T00:00:00+00:00' } });
    held.open();
    expect((await post('hourly', 'not json')).status).toBe(400);
    expect((await post('silent', '{}')).status).toBe(404);
    expect((await post('nobody', '{}')).status).toBe(404);
    expect((await fetch(`${host.httpUrl}/admin/functions/hourly`)).status).toBe(404);
  });

  test('tell a test that invokes them what they threw, and the host goes on', async () => {
    const { host, log } = await startFixture({ functions: ['failing-timer'] });
    await expect(host.invokeTimer('failing-timer')).rejects.toThrow('no time');
    await expect(host.invokeTimer('failing-timer')).rejects.toThrow('no time');
    expect(log.join('')).toContain(
      "[error] failing-timer Executed 'Functions.failing-timer' (Failed): Error: no time",
    );
  });

  test('drain: nothing fires any more, running invocations are waited for', async () => {
    shiftDate('2026-11-22T09:59:00.000Z');
    const { host, fixture } = await startFixture({ functions: ['hourly'] });
    const held = gate();
    fixture.gate = held.promise;
    const running = host.invokeTimer('hourly');
    await vi.waitUntil(() => host.inFlight === 1, PATIENT);
    let drained = false;
    const draining = host.drain().then(() => {
      drained = true;
    });
    vi.setSystemTime('2026-11-22T10:00:00.000Z');
    await new Promise(resolve => setTimeout(resolve, 60));
    expect(drained).toBe(false);
    held.open();
    await Promise.all([running, draining]);
    expect(fixture.timers).toHaveLength(1);
  });
});

describe('a schedule', () => {
  const next = (text: string, from: string): string =>
    new Date(parseSchedule(text, {}).next(Date.parse(from))).toISOString();

  test('has seconds first and is in UTC', () => {
    expect(next('0 */30 * * * *', '2026-11-22T10:00:00.000Z')).toBe('2026-11-22T10:30:00.000Z');
    expect(next('15 0 6 * * Mon-Fri', '2026-11-20T07:00:00.000Z')).toBe('2026-11-23T06:00:15.000Z');
    expect(next('0 12 * * *', '2026-11-20T12:00:00.000Z')).toBe('2026-11-21T12:00:00.000Z');
  });

  test.each([
    ['%MISSING%', 'does not resolve'],
    ['00:05:00', 'not recognized'],
    ['@hourly', 'not recognized'],
    ['0 0 0 L * *', 'not recognized'],
    ['0 0 0 ? * *', 'not recognized'],
    ['0 61 * * * *', ''],
    ['0 0 0 1 * 1', 'not imitated'],
  ])('of %s is refused', (text, reason) => {
    expect(() => parseSchedule(text, {})).toThrow(reason);
  });
});
