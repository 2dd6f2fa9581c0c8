import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from 'vitest';
import { createTestClock } from '../../harness/test-clock.ts';

const HOUR = 3_600_000;
const clocks: { dispose(): void }[] = [];
afterEach(() => {
  for (const clock of clocks.splice(0)) clock.dispose();
});

function clock() {
  const created = createTestClock();
  clocks.push(created);
  return created;
}

/** The real time, whatever `Date` says. */
function realNow(): number {
  return performance.timeOrigin + performance.now();
}

describe('the test clock', () => {
  test('moves every way of asking this process for the time, and nothing else', () => {
    const kept = Date;
    const moved = clock();
    moved.install();
    moved.advance(HOUR);
    expect(moved.offset).toBe(HOUR);
    const ahead = (value: number): number => Math.round((value - realNow()) / 60_000) + 0;
    expect(ahead(Date.now())).toBe(60);
    const created = new Date();
    expect(ahead(created.getTime())).toBe(60);
    expect(ahead(Date.parse(Date()))).toBe(60);
    expect(ahead(kept.now())).toBe(60);
    expect(new Date(0).toISOString()).toBe('1970-01-01T00:00:00.000Z');
    expect(new Date(2020, 1, 2).getFullYear()).toBe(2020);
    expect(new Date() instanceof kept).toBe(true);
    expect(new kept(0) instanceof Date).toBe(true);
    expect(new Date().constructor).toBe(Date);
    class Special extends Date {}
    expect(new Special() instanceof Special).toBe(true);
    moved.dispose();
    expect(Date).toBe(kept);
    expect(ahead(Date.now())).toBe(0);
  });

  test('is seen by a process that was started with its environment, also after a later step', () => {
    const moved = clock();
    moved.advance(HOUR);
    const child = execFileSync(
      process.execPath,
      ['-p', 'Date.now() - (performance.timeOrigin + performance.now())'],
      {
        env: { ...process.env, ...moved.env },
        encoding: 'utf8',
      },
    );
    expect(Math.round(Number(child) / 60_000)).toBe(60);
  });

  test('leaves timers alone', async () => {
    const moved = clock();
    moved.install();
    let fired = false;
    const timer = setTimeout(() => {
      fired = true;
    }, 60_000);
    moved.advance(HOUR);
    await new Promise(resolve => setTimeout(resolve, 5));
    clearTimeout(timer);
    expect(fired).toBe(false);
  });

  test('refuses a second clock in one process', () => {
    const first = clock();
    first.install();
    expect(() => clock().install()).toThrow('another test clock');
  });
});
