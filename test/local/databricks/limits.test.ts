import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DEFAULT_LIMITS,
  TokenBuckets,
  WORKSPACE_LIMITS,
} from '../../../src/local/databricks/token-bucket.ts';
import type { LimitedClass, Limits } from '../../../src/local/databricks/types.ts';
import { createTestClock, type TestClock } from '../../harness/test-clock.ts';
import { addWorkspace, call, patchOp, startAccount, type TestAccount } from './fixture.ts';

/** A wall clock that stands still until it is moved. */
let now: number;
const realNow = Date.now;
const frozen = (): void => {
  now = 1_900_000_000_000;
  Date.now = () => now;
};
const thawed = (): void => {
  Date.now = realNow;
};

const base: Limits = { get: 20, list: 4, patch: 2, write: 5, retryAfter: 'seconds' };

/** How many of the requests, one every `everyMs`, are admitted within `ms`. */
function admitted(
  buckets: TokenBuckets,
  limits: Limits,
  { requestClass = 'write', ms, everyMs }: { requestClass?: LimitedClass; ms: number; everyMs: number },
): number {
  let count = 0;
  for (const end = now + ms; now < end; now += everyMs) {
    if (buckets.take(requestClass, limits) === 0) count += 1;
  }
  return count;
}

describe('counting', () => {
  beforeEach(frozen);
  afterEach(thawed);

  test.each([
    ['bucket', 5 + 50],
    ['fixed', 50],
    ['sliding', 50],
  ] as const)('in a %s window lets the rate pass over ten seconds', (window, expected) => {
    const passed = admitted(new TokenBuckets(), { ...base, window }, { ms: 10_000, everyMs: 10 });
    expect(Math.abs(passed - expected)).toBeLessThanOrEqual(1);
  });

  test('a fixed window lets twice the rate pass around its boundary, the others do not', () => {
    const around = (window: Limits['window']): number => {
      const buckets = new TokenBuckets();
      const limits = { ...base, window };
      now = 1_900_000_000_900;
      const before = admitted(buckets, limits, { ms: 100, everyMs: 10 });
      return before + admitted(buckets, limits, { ms: 100, everyMs: 10 });
    };
    expect([around('fixed'), around('sliding'), around('bucket')]).toEqual([10, 5, 5]);
  });

  test.each(['bucket', 'fixed', 'sliding'] as const)(
    'in a %s window, what is refused is admitted after as long as it says',
    window => {
      const buckets = new TokenBuckets();
      const limits = { ...base, window };
      now += 370;
      admitted(buckets, limits, { ms: 60, everyMs: 1 });
      const waitMs = buckets.take('write', limits);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(1_000);
      now += waitMs - 1;
      expect(buckets.take('write', limits)).toBeGreaterThan(0);
      now += 1;
      expect(buckets.take('write', limits)).toBe(0);
    },
  );

  test.each(['bucket', 'fixed', 'sliding'] as const)(
    'in a %s window grants the hidden share of each rate',
    window => {
      const limits = { ...base, window, hidden: 0.6 };
      const rate = (requestClass: LimitedClass): number =>
        admitted(new TokenBuckets(), limits, { requestClass, ms: 60_000, everyMs: 20 }) / 60;
      expect(rate('patch')).toBeCloseTo(1.2, 1);
      expect(rate('write')).toBeCloseTo(3, 0);
      expect(rate('get')).toBeCloseTo(12, 0);
    },
  );

  test.each(['bucket', 'fixed', 'sliding'] as const)(
    'in a %s window, a second client takes its part of the rate',
    window => {
      const limits = { ...base, window };
      const rate = (everyMs: number, second: number): number => {
        const buckets = new TokenBuckets();
        buckets.secondClient({ write: second });
        return admitted(buckets, limits, { ms: 60_000, everyMs }) / 60;
      };
      expect(rate(200, 0)).toBeCloseTo(5, 1);
      expect(rate(200, 2)).toBeLessThan(4.3);
      expect(rate(350, 2)).toBeCloseTo(1_000 / 350, 1);
    },
  );

  test('a second client is there however seldom somebody looks, and costs no time after a long silence', () => {
    const often = new TokenBuckets();
    const seldom = new TokenBuckets();
    for (const buckets of [often, seldom]) buckets.secondClient({ patch: 1.5 });
    for (let i = 0; i < 50; i++) {
      now += 20;
      often.take('list', base);
    }
    const waits = [often, seldom].map(buckets => [1, 2, 3].map(() => buckets.take('patch', base)));
    expect(waits[0]).toEqual(waits[1]);
    now += 365 * 86_400_000;
    expect(seldom.take('patch', base)).toBe(0);
    expect(seldom.take('patch', base)).toBeGreaterThan(0);
  });

  test('a workspace counts all reads together, and group writes on their own', () => {
    const buckets = new TokenBuckets();
    const take = (requestClass: LimitedClass): number => buckets.take(requestClass, WORKSPACE_LIMITS);
    expect([take('get'), take('list'), take('get'), take('list')]).toEqual([0, 0, 0, 0]);
    expect(take('get')).toBeGreaterThan(0);
    expect([take('groupPatch'), take('patch'), take('groupDelete'), take('write')]).toEqual([0, 0, 0, 0]);
    expect(take('groupPatch')).toBe(6_000);
    expect(take('groupDelete')).toBeLessThanOrEqual(1_715);
    expect(take('patch')).toBe(0);
    now += 60_000;
    const perMinute = admitted(buckets, WORKSPACE_LIMITS, { requestClass: 'list', ms: 60_000, everyMs: 10 });
    expect(perMinute).toBeLessThanOrEqual(255 + 4);
  });

  test('an account counts group writes with the others', () => {
    const buckets = new TokenBuckets();
    const take = (requestClass: LimitedClass): number => buckets.take(requestClass, DEFAULT_LIMITS);
    expect([take('groupPatch'), take('patch')]).toEqual([0, 0]);
    expect(take('groupPatch')).toBe(500);
  });
});

describe('over the wire', () => {
  let account: TestAccount;
  let clock: TestClock;
  beforeEach(() => {
    clock = createTestClock();
    clock.install();
  });
  afterEach(async () => {
    clock.dispose();
    await account.close();
  });

  test('hidden limits and a second client refuse what the published ones would let pass', async () => {
    account = await startAccount({ limits: { ...base, write: 10, hidden: 0.5, window: 'sliding' } });
    const burst = async (name: string): Promise<number> => {
      let created = 0;
      for (let i = 0; i < 10; i++) {
        const { status } = await account.send('POST', '/Users', { userName: `${name}${i}@b.c` });
        if (status === 201) created += 1;
      }
      return created;
    };
    expect(await burst('a')).toBe(5);
    account.databricks.secondClient({ write: 2 });
    clock.advance(10_000);
    expect(await burst('b')).toBeLessThanOrEqual(4);
    account.databricks.limits = { ...base, write: 10 };
    account.databricks.secondClient({});
    expect(await burst('c')).toBe(10);
  });

  test('a workspace has limits of its own', async () => {
    account = await startAccount({ limits: {} });
    const { store, send } = await addWorkspace(account);
    const { id } = store.add({ type: 'Groups', displayName: 'data' });
    const rename = (value: string) =>
      send('PATCH', `/Groups/${id}`, patchOp({ op: 'replace', path: 'displayName', value }));
    expect([(await rename('a')).status, (await rename('b')).status]).toEqual([200, 429]);
    clock.advance(6_000);
    expect((await rename('b')).status).toBe(200);
    expect((await account.send('GET', '/Groups')).status).toBe(200);
  });

  test.each([
    ['html', 'text/html', expect.stringContaining('<pre>')],
    ['empty', null, ''],
  ] as const)('a 429 may be %s', async (body, contentType, text) => {
    account = await startAccount({ limits: { ...base, list: 1, retryAfter: 'none', body } });
    await account.send('GET', '/Users');
    const answer = await account.send('GET', '/Users');
    expect(answer).toMatchObject({ status: 429, text });
    expect(answer.headers.get('content-type')).toBe(contentType);
    expect(answer.headers.get('retry-after')).toBeNull();
  });

  test('what another host takes of the account is gone for all', async () => {
    account = await startAccount({ limits: { ...base, list: 1 } });
    const { workspace } = await addWorkspace(account);
    expect((await call('GET', `${workspace.proxyUrl}/Users`)).status).toBe(200);
    expect((await account.send('GET', '/Users', undefined, '2.0')).status).toBe(429);
  });
});
