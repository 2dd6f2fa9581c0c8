import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { type ActiveResource, activeResources, leakedSince } from './active-resources.ts';

/**
 * Fails a test file that leaves something open after its last hook: a listening server, a connection, a child process,
 * a running timer. Loaded before every file (`setupFiles`), so the first look sees only what vitest itself keeps open,
 * and the hook below, registered first, runs last.
 */
const before = activeResources();

/** Closing is rarely finished when the call that closes returns: sockets say goodbye, processes are reaped. */
const graceMs = 2_000;
const stepMs = 20;

afterAll(async () => {
  let leaked: ActiveResource[] = [];
  // Counted in steps, since a test may have moved the clock.
  for (let waited = 0; waited <= graceMs; waited += stepMs) {
    leaked = leakedSince(before);
    if (leaked.length === 0) return;
    await sleep(stepMs, undefined, { ref: false });
  }
  throw new Error(
    `This test file leaves open what it (or what it started) should have closed:\n${leaked.map(({ text }) => `- ${text}`).join('\n')}`,
  );
});
