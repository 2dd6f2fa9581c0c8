import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { HeldLease } from '../../src/state/leases.ts';
import { useStorage } from './storage.ts';

const storage = useStorage();

afterEach(() => {
  vi.useRealTimers();
});

async function acquired(name: string, owner: string): Promise<HeldLease> {
  const lease = await storage.state.leases.acquire(name, owner, 30_000);
  if (lease === undefined) throw new Error(`${owner} did not get ${name}`);
  return lease;
}

describe('a lease', () => {
  test('is held by one, until it runs out', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const first = await acquired('runs-out', 'a');
    expect(first).toMatchObject({ epoch: 1, expiresAt: Date.now() + 30_000 });
    vi.setSystemTime(Date.now() + 29_999);
    expect(await storage.state.leases.acquire('runs-out', 'b', 30_000)).toBeUndefined();
    vi.setSystemTime(Date.now() + 1);
    expect((await acquired('runs-out', 'b')).epoch).toBe(2);
  });

  test('goes to one of two who ask at the same moment, free or run out', async () => {
    for (const name of ['free', 'used']) {
      if (name === 'used') await storage.state.leases.acquire(name, 'old', -1);
      const asked = ['a', 'b', 'c'].map(owner => storage.state.leases.acquire(name, owner, 30_000));
      const got = (await Promise.all(asked)).filter(lease => lease !== undefined);
      expect(got.map(({ epoch }) => epoch)).toEqual([name === 'used' ? 2 : 1]);
    }
  });

  test('counts an epoch on with every change of hands, and none with a renewal', async () => {
    const { leases } = storage.state;
    const first = await acquired('epochs', 'a');
    const renewed = await leases.renew('epochs', 'a', first, 30_000);
    expect(renewed?.epoch).toBe(1);
    // The same instance after a restart knows nothing of its old intents either.
    expect((await acquired('epochs', 'a')).epoch).toBe(2);
  });

  test('is renewed by its holder only', async () => {
    const { leases } = storage.state;
    const stale = (await leases.acquire('taken', 'a', -1)) as HeldLease;
    const owner = await acquired('taken', 'b');
    expect(await leases.renew('taken', 'a', stale, 30_000)).toBeUndefined();
    expect(await leases.renew('taken', 'b', owner, 30_000)).toMatchObject({ epoch: 2 });
  });

  test('that is given back is free at once, and its epoch is not used again', async () => {
    const { leases } = storage.state;
    await leases.release('back', await acquired('back', 'a'));
    expect((await acquired('back', 'b')).epoch).toBe(2);
  });

  test('that somebody else took meanwhile cannot be given back', async () => {
    const { leases } = storage.state;
    const stale = (await leases.acquire('late', 'a', -1)) as HeldLease;
    await acquired('late', 'b');
    await leases.release('late', stale);
    expect(await leases.acquire('late', 'c', 30_000)).toBeUndefined();
  });

  test('whose renewal was stored but not answered can be had again by its holder at once', async () => {
    const { proxy, state } = await storage.proxied();
    onTestFinished(() => proxy.close());
    const first = await acquired('unanswered', 'a');
    proxy.rules.push({
      method: 'PUT',
      path: /unanswered/,
      times: 1,
      action: { kind: 'failAfter', status: 500 },
    });
    // The client library tries again, with the version of before.
    expect(await state.leases.renew('unanswered', 'a', first, 30_000)).toBeUndefined();
    expect((await acquired('unanswered', 'a')).epoch).toBe(2);
    expect(await storage.state.leases.acquire('unanswered', 'b', 30_000)).toBeUndefined();
  });
});
