import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Logger } from '../../src/identity/logger.ts';
import type { StorageProxy } from '../../src/local/storage/storage-proxy.ts';
import { NotOwner, Ownership } from '../../src/provisioning/ownership.ts';
import { useStorage } from '../state/storage.ts';

const storage = useStorage();
const WRITE_MS = 15_000;
const RENEWAL = { method: 'PUT', path: /ProvisioningLeases/ } as const;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function passTime(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** An instance whose storage goes through a proxy of its own, and what it logged. */
async function instance(name: string): Promise<{ own: Ownership; proxy: StorageProxy; log: string[] }> {
  const { proxy, state } = await storage.proxied();
  const log: string[] = [];
  const note = (event: string): void => void log.push(event);
  const logger: Logger = { info: note, warn: note, error: note };
  const own = new Ownership(state.leases, name, logger);
  onTestFinished(async () => {
    proxy.rules.splice(0);
    proxy.gate = undefined;
    await own.release();
    await proxy.close();
  });
  return { own, proxy, log };
}

/** Waits, in real time, for what happens on its own. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const begun = performance.now();
  while (!holds()) {
    if (performance.now() - begun > 5_000) throw new Error(`not within 5 s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('the owner of a target', () => {
  test('is one instance; it asks once, however many want to write', async () => {
    const a = await instance('single');
    const b = await instance('single');
    const before = a.proxy.requests;
    expect(await Promise.all([a.own.acquire(), a.own.acquire(), a.own.acquire()])).toEqual([
      true,
      true,
      true,
    ]);
    expect(a.proxy.requests - before).toBe(2);
    expect(a.own.epoch).toBe(1);
    expect(await b.own.acquire()).toBe(false);
    expect(b.own.isHeld).toBe(false);
    expect(() => b.own.epoch).toThrow(NotOwner);
    expect(() => b.own.assertLasts(0)).toThrow(NotOwner);
  });

  test('keeps the lease for as long as it renews it', async () => {
    const a = await instance('renewed');
    const b = await instance('renewed');
    await a.own.acquire();
    for (let round = 0; round < 5; round += 1) {
      passTime(10_000);
      await until('a renewal', () => lasts(a.own, 29_999));
    }
    expect(() => a.own.assertLasts(WRITE_MS)).not.toThrow();
    expect(a.own.epoch).toBe(1);
    expect(await b.own.acquire()).toBe(false);
  });

  test('that gives the lease back lets the next one in at once', async () => {
    const a = await instance('given-back');
    const b = await instance('given-back');
    await a.own.acquire();
    await a.own.release();
    expect(a.own.isHeld).toBe(false);
    expect(await b.own.acquire()).toBe(true);
    expect(b.own.epoch).toBe(2);
  });

  test('gives it back also when a renewal was under way', async () => {
    const a = await instance('under-way');
    const b = await instance('under-way');
    await a.own.acquire();
    const renewing = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    a.proxy.gate = async ({ phase, method }) => {
      if (phase !== 'after' || method !== 'PUT') return;
      renewing.resolve();
      await mayGoOn.promise;
    };
    passTime(10_000);
    await renewing.promise;
    const released = a.own.release();
    mayGoOn.resolve();
    await released;
    expect(await b.own.acquire()).toBe(true);
  });
});

describe('an owner that cannot renew', () => {
  test('stops writing before its lease runs out, and stays out when another took over', async () => {
    const a = await instance('cut-off');
    const b = await instance('cut-off');
    await a.own.acquire();
    a.proxy.rules.push({ ...RENEWAL, action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' } });
    passTime(10_000);
    await until('a failed renewal', () => a.log.includes('lease-renewal-failed'));
    expect(() => a.own.assertLasts(WRITE_MS)).not.toThrow();
    passTime(4_999);
    expect(() => a.own.assertLasts(WRITE_MS)).not.toThrow();
    passTime(1);
    expect(() => a.own.assertLasts(WRITE_MS)).toThrow(NotOwner);
    // Not yet the other's: the write that was started last may still be on its way.
    expect(await b.own.acquire()).toBe(false);
    passTime(15_000);
    expect(a.own.isHeld).toBe(false);
    expect(await b.own.acquire()).toBe(true);
    expect(b.own.epoch).toBe(2);
    a.proxy.rules.splice(0);
    expect(await a.own.acquire()).toBe(false);
  });

  test('goes on when the storage comes back in time', async () => {
    const a = await instance('short-outage');
    await a.own.acquire();
    a.proxy.rules.push({
      ...RENEWAL,
      times: 2,
      action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' },
    });
    passTime(10_000);
    await until(
      'a failed renewal',
      () => a.log.filter(event => event === 'lease-renewal-failed').length === 1,
    );
    passTime(1_000);
    await until('another', () => a.log.filter(event => event === 'lease-renewal-failed').length === 2);
    passTime(1_000);
    await until('a renewal', () => lasts(a.own, 29_999));
    expect(a.own.epoch).toBe(1);
    expect(a.log).not.toContain('lease-lost');
  });

  test('and hangs in it finds out that another took over, and asks anew', async () => {
    const a = await instance('hanging');
    const b = await instance('hanging');
    await a.own.acquire();
    const hangs = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    a.proxy.gate = async ({ phase, method }) => {
      if (phase !== 'before' || method !== 'PUT') return;
      hangs.resolve();
      await mayGoOn.promise;
    };
    passTime(10_000);
    await hangs.promise;
    passTime(20_000);
    expect(a.own.isHeld).toBe(false);
    expect(await b.own.acquire()).toBe(true);
    expect(b.own.epoch).toBe(2);
    mayGoOn.resolve();
    await until('the loss', () => a.log.includes('lease-lost'));
    expect(() => a.own.epoch).toThrow(NotOwner);
    a.proxy.gate = undefined;
    expect(await a.own.acquire()).toBe(false);
    await b.own.release();
    expect(await a.own.acquire()).toBe(true);
    expect(a.own.epoch).toBe(3);
  });

  test('or was suspended has a new epoch when nobody else came', async () => {
    const a = await instance('suspended');
    await a.own.acquire();
    a.proxy.rules.push({
      ...RENEWAL,
      times: 1,
      action: { kind: 'fail', status: 403, code: 'AuthorizationFailure' },
    });
    passTime(40_000);
    await until('the failed renewal', () => a.log.includes('lease-renewal-failed'));
    expect(a.own.isHeld).toBe(false);
    expect(await a.own.acquire()).toBe(true);
    expect(a.own.epoch).toBe(2);
  });
});

test('a storage that is down is an error for whoever asks, and the next one asks again', async () => {
  const a = await instance('down');
  a.proxy.rules.push({
    ...RENEWAL,
    method: /PUT|POST/,
    times: 1,
    action: { kind: 'fail', status: 403, code: 'X' },
  });
  await expect(a.own.acquire()).rejects.toMatchObject({ statusCode: 403 });
  expect(await a.own.acquire()).toBe(true);
});

function lasts(own: Ownership, ms: number): boolean {
  try {
    own.assertLasts(ms);
    return true;
  } catch {
    return false;
  }
}
