import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  startFunctionsHost,
} from '../../../src/local/functions-host/host.ts';

export const appRoot = fileURLToPath(new URL('./fixture-app', import.meta.url));

/** What the functions of the fixture app tell the test, and how the test holds them. */
export interface Fixture {
  hooks: string[];
  timers: { name: string; timer: Record<string, unknown>; at: number }[];
  gate: Promise<void> | undefined;
  onMessage: (body: unknown, context: { triggerMetadata: Record<string, unknown> }) => unknown;
}

/** Starts the fixture app in this process, for one test. */
export async function startFixture(
  options: Partial<FunctionsHostOptions> = {},
): Promise<{ host: FunctionsHost; fixture: Fixture; log: string[] }> {
  const fixture: Fixture = { hooks: [], timers: [], gate: undefined, onMessage: () => undefined };
  Object.assign(globalThis, { fixture });
  const log: string[] = [];
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    log.push(String(text));
    return true;
  });
  const host = await startFunctionsHost({ appRoot, ...options }).catch((error: unknown) => {
    stderr.mockRestore();
    throw error;
  });
  onTestFinished(async () => {
    await host.close(0);
    stderr.mockRestore();
    Reflect.deleteProperty(globalThis, 'fixture');
  });
  return { host, fixture, log };
}

/** A promise that the test resolves. */
export function gate(): { promise: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}
