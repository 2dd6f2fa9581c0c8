import { describe, expect, test } from 'vitest';
import { Pacer } from '../../src/provisioning/pacer.ts';

const RATE = 5;
const FULL_MS = new Pacer(RATE, 0).intervalMs(0);
/** Long after 1970, as every real time is. */
const BEGIN = 1_000_000;

/** Sends `count` requests, evenly and the first one at once, and has all of them taken. */
function busy(pacer: Pacer, from: number, forMs: number, count: number): void {
  for (let index = 0; index < count; index += 1) pacer.taken(pacer.start(from + (index * forMs) / count));
}

function refuse(pacer: Pacer, at: number): void {
  pacer.refused(pacer.start(at), at);
}

/** Refused for the first time, when nothing was taken: half of the rate is left. */
function halved(at = BEGIN): Pacer {
  const pacer = new Pacer(RATE, at);
  refuse(pacer, at);
  return pacer;
}

describe('the first refusal leaves', () => {
  const intervalAfter = (taken: number): number => {
    const pacer = new Pacer(RATE, BEGIN);
    busy(pacer, BEGIN, 9_000, taken);
    refuse(pacer, BEGIN + 9_000);
    return pacer.intervalMs(BEGIN + 9_000);
  };

  test('what was proven to pass: the requests of nine seconds, and one more second', () => {
    expect(intervalAfter(30)).toBeCloseTo(10_000 / 30);
    expect(intervalAfter(40)).toBeCloseTo(10_000 / 40);
  });

  test('no less than half of the rate', () => expect(intervalAfter(10)).toBeCloseTo(FULL_MS / 0.5));

  test('no more than 85 % of it', () => expect(intervalAfter(45)).toBeCloseTo(FULL_MS / 0.85));
});

describe('what was taken is counted', () => {
  /** The rate after a refusal nine seconds from then on. */
  const proven = (pacer: Pacer, from: number): number => {
    refuse(pacer, from + 9_000);
    return 10_000 / pacer.intervalMs(from + 9_000);
  };

  test('from the end of a time without work, and what was sent before that is not', () => {
    const pacer = new Pacer(RATE, BEGIN);
    const before = pacer.start(BEGIN + 1_000);
    busy(pacer, BEGIN + 60_000, 9_000, 30);
    pacer.taken(before);
    expect(proven(pacer, BEGIN + 60_000)).toBeCloseTo(30);
  });

  test('without a break when the next request comes within a second of its turn', () => {
    const counted = (idleMs: number): number => {
      const pacer = halved();
      // After a pause of a second one request goes, and the next one's turn is a second later.
      pacer.taken(pacer.start(BEGIN + 1_000));
      busy(pacer, BEGIN + 2_000 + idleMs, 7_000 - idleMs, 18);
      return proven(pacer, BEGIN);
    };
    expect(counted(1_000)).toBeCloseTo(19);
    // From then on only, and so more than the most that a refusal leaves.
    expect(counted(1_001)).toBeGreaterThan(20);
  });

  test('anew after each refusal', () => {
    const pacer = new Pacer(RATE, BEGIN);
    busy(pacer, BEGIN, 9_000, 30);
    refuse(pacer, BEGIN + 9_000);
    const reduced = pacer.intervalMs(BEGIN + 9_000);
    pacer.taken(pacer.start(BEGIN + 10_000));
    refuse(pacer, BEGIN + 18_000);
    // One was taken since: the least that a later refusal leaves, give or take what the rate grew by.
    expect(pacer.intervalMs(BEGIN + 18_000) / (reduced / 0.75)).toBeCloseTo(1, 1);
  });
});

test('refusals in a row lower the rate once', () => {
  const pacer = halved();
  for (const seconds of [2, 6, 16]) refuse(pacer, BEGIN + seconds * 1_000);
  expect(pacer.intervalMs(BEGIN + 16_000) / (FULL_MS / 0.5)).toBeCloseTo(1, 1);
});

test('what is sent at the very time of a refusal comes after it', () => {
  const [taken, refused] = [halved(), halved()];
  taken.taken(taken.start(BEGIN));
  refuse(taken, BEGIN + 2_000);
  expect(taken.pauseMs(BEGIN + 2_000)).toBe(1_000);
  refuse(refused, BEGIN);
  expect(refused.pauseMs(BEGIN)).toBe(3_000);
});

describe('a reduced rate', () => {
  test('grows by 0.3 % in a second of work, and by half of that in half a second', () => {
    const pacer = halved();
    const grown = (at: number): number => {
      const before = pacer.intervalMs(at);
      pacer.taken(pacer.start(at));
      return before / pacer.intervalMs(at);
    };
    expect(grown(BEGIN + 1_000)).toBeCloseTo(1.003, 5);
    expect(grown(BEGIN + 1_500)).toBeCloseTo(1.003 ** 0.5, 5);
    expect(grown(BEGIN + 9_000)).toBeCloseTo(1.003, 5);
  });

  test('does not grow for five minutes after it was lowered again', () => {
    const pacer = halved();
    pacer.taken(pacer.start(BEGIN + 1_000));
    const [lowered, grows] = [BEGIN + 2_000, BEGIN + 302_000];
    refuse(pacer, lowered);
    const reduced = pacer.intervalMs(lowered);
    pacer.taken(pacer.start(lowered + 5_000));
    // The configured rate is tried every 45 s meanwhile, and refused with the second request.
    for (let trial = BEGIN + 45_000; trial < grows; trial += 45_000) {
      pacer.taken(pacer.start(trial));
      refuse(pacer, trial);
    }
    pacer.start(grows - 1);
    expect(pacer.intervalMs(grows - 1)).toBe(reduced);
    pacer.start(grows);
    expect(pacer.intervalMs(grows)).toBeLessThan(reduced);
  });

  test('is over when the configured rate was tried for 45 s: the next refusal is a first one', () => {
    const pacer = halved();
    const over = BEGIN + 90_000;
    busy(pacer, BEGIN + 45_000, 45_000, 200);
    refuse(pacer, over);
    expect(pacer.intervalMs(over)).toBeCloseTo(FULL_MS / 0.85);
  });
});
