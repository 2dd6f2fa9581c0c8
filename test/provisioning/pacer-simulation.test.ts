import { describe, expect, test } from 'vitest';
import { type LimitLevel, limitsOf } from '../../src/databricks/limits.ts';
import { changing, fixedWindows, type LimitModel, slidingWindows, tokenBucket } from './limit-models.ts';
import { paced, seededRandom, simulate, stranger, type Traffic } from './simulated-traffic.ts';

const MINUTE = 60_000;

const perSecond = (level: LimitLevel): [name: string, perSecond: number][] =>
  Object.entries(limitsOf(level)).map(([name, { requests, perMs }]) => [
    `${level} ${name}`,
    (requests / perMs) * 1_000,
  ]);
const ACCOUNT = perSecond('account').map(([, rate]) => rate);
const LISTS = 4;

/**
 * A bucket of one second's worth forgives late and early arrivals, one that holds a single request does not. Both are
 * more than a connection that is kept open varies by.
 */
const published = [
  ...perSecond('account').map(([name, rate]) => ({ name, rate, jitterMs: 100 })),
  ...perSecond('workspace').map(([name, rate]) => ({ name, rate, jitterMs: 10 })),
];

/** How Databricks may count, each for a rate per second. */
const counted: Readonly<Record<string, (perSecond: number) => LimitModel>> = {
  'with a bucket': rate => tokenBucket(rate),
  'in fixed windows': rate => fixedWindows(...oneSecond(rate)),
  'in sliding windows': rate => slidingWindows(...oneSecond(rate)),
};
const countedByTheMinute: typeof counted = {
  'in fixed minutes': rate => fixedWindows(rate * 60, MINUTE),
  'in sliding minutes': rate => slidingWindows(rate * 60, MINUTE),
};

/** A whole number of requests, in the time that they have: a second at a whole rate, otherwise a little less. */
function oneSecond(perSecond: number): [requests: number, perMs: number] {
  const requests = Math.max(Math.floor(perSecond), 1);
  return [requests, (requests / perSecond) * 1_000];
}

const between = (times: readonly number[], from: number, to: number): number =>
  times.filter(at => at >= from && at < to).length;

/** The share of all requests that were refused, within that time. */
function refusedShare(traffic: readonly Traffic[], from = 0, to = Number.POSITIVE_INFINITY): number {
  const refused = traffic.reduce((sum, { refused: times }) => sum + between(times, from, to), 0);
  const taken = traffic.reduce((sum, { taken: times }) => sum + between(times, from, to), 0);
  return refused / (refused + taken);
}

function single(result: readonly Traffic[]): Traffic {
  const [traffic] = result;
  if (traffic === undefined) throw new Error('nobody sent anything');
  return traffic;
}

describe.each(published)('at the published limit of $name', ({ rate, jitterMs }) => {
  const forMs = 5 * MINUTE;

  test('nothing is refused, and 95 % is used', () => {
    for (const latencyMs of [5, 100, 2_000]) {
      const limit = tokenBucket(rate);
      const { taken, refused } = single(
        simulate({ senders: [paced(rate)], limit, forMs, latencyMs, jitterMs }),
      );
      expect(refused).toEqual([]);
      // One may be on its way at either end.
      expect(taken.length + 2).toBeGreaterThanOrEqual(0.95 * rate * (forMs / 1_000));
    }
  });

  test('nothing is refused after a change of owner, though the last one left nothing', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const limit = tokenBucket(rate, { tokens: 0 });
      const { refused } = single(simulate({ senders: [paced(rate)], limit, forMs, jitterMs, seed }));
      expect(refused).toEqual([]);
    }
  });

  test('nothing is refused while owners change again and again', () => {
    const random = seededRandom(7);
    const turns = [0, ...Array.from({ length: 20 }, () => random() * forMs), forMs].sort((a, b) => a - b);
    const owners = turns.slice(1).map((until, index) => paced(rate, { from: turns[index] ?? 0, until }));
    const traffic = simulate({ senders: owners, limit: tokenBucket(rate), forMs, jitterMs });
    expect(traffic.flatMap(({ refused }) => refused)).toEqual([]);
  });
});

describe.each([
  ['that say how long to wait', true],
  ['that do not say how long to wait', false],
])('under a lower limit, with refusals %s', (_, retryAfter) => {
  const forMs = 5 * MINUTE;

  test.each(Object.entries(counted))('counted %s, at most 3 in 100 are refused', (_, model) => {
    const classes = ACCOUNT.map(rate => {
      const limit = model(0.6 * rate);
      const traffic = single(simulate({ senders: [paced(rate)], limit, forMs, retryAfter }));
      // A PATCH lane has forty requests between two trials, one of which is refused: more than 2 % alone.
      expect(refusedShare([traffic])).toBeLessThanOrEqual(0.035);
      // Lowered for good reasons only: most of what is allowed is used.
      expect(traffic.taken.length / (forMs / 1_000)).toBeGreaterThan(0.7 * 0.6 * rate);
      return traffic;
    });
    expect(refusedShare(classes)).toBeLessThanOrEqual(0.02);
  });

  test.each(Object.entries(countedByTheMinute))(
    'lists counted %s, at most 3 in 100 are refused',
    (_, model) => {
      const rate = LISTS;
      const traffic = single(
        simulate({ senders: [paced(rate)], limit: model(0.6 * rate), forMs, retryAfter }),
      );
      expect(refusedShare([traffic])).toBeLessThanOrEqual(0.03);
      expect(traffic.taken.length / (forMs / 1_000)).toBeGreaterThan(0.7 * 0.6 * rate);
    },
  );

  test.each([...Object.entries(counted), ...Object.entries(countedByTheMinute)])(
    'that is imposed and lifted, counted %s, the full rate is back within a minute',
    (_, model) => {
      for (const rate of ACCOUNT) {
        const [from, to] = [2 * MINUTE, 7 * MINUTE];
        const limit = changing(tokenBucket(rate), from, changing(model(0.6 * rate), to, tokenBucket(rate)));
        const sender = { senders: [paced(rate)], limit, forMs: 9 * MINUTE, retryAfter };
        const { taken, refused } = single(simulate(sender));
        expect(between(refused, 0, from)).toBe(0);
        expect(between(refused, to + 60_000, 9 * MINUTE)).toBe(0);
        const rateAfter = between(taken, to + 60_000, to + 2 * MINUTE) / 60;
        expect(rateAfter).toBeGreaterThanOrEqual(0.95 * rate);
      }
    },
  );
});

describe('beside a second client that takes 40 %', () => {
  test.each(Object.entries(counted))(
    'of a limit counted %s, at most 3 in 100 are refused, and the rest is used when it stops',
    (_, model) => {
      const stops = 10 * MINUTE;
      const all = ACCOUNT.map(rate => {
        const senders = [paced(rate), stranger(0.4 * rate, undefined, stops)];
        const [ours] = simulate({ senders, limit: model(rate), forMs: stops + 2 * MINUTE, jitterMs: 0 });
        if (ours === undefined) throw new Error('nobody sent anything');
        expect(refusedShare([ours], 0, stops)).toBeLessThanOrEqual(0.035);
        expect(between(ours.taken, 0, stops) / (stops / 1_000)).toBeGreaterThan(0.5 * 0.6 * rate);
        expect(between(ours.taken, stops + MINUTE, stops + 2 * MINUTE) / 60).toBeGreaterThanOrEqual(
          0.95 * rate,
        );
        return ours;
      });
      expect(refusedShare(all, 0, stops)).toBeLessThanOrEqual(0.02);
    },
  );

  test('an owner and a reader share a lower limit without starving each other', () => {
    for (const rate of [20, LISTS]) {
      const senders = [paced(rate / 2), paced(rate / 2)];
      const both = simulate({ senders, limit: tokenBucket(0.6 * rate), forMs: 10 * MINUTE });
      expect(refusedShare(both)).toBeLessThanOrEqual(0.035);
      for (const { taken } of both) expect(taken.length / 600).toBeGreaterThan(0.15 * rate);
    }
  });
});
