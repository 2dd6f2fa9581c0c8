import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { appRoot } from './fixture.ts';

const program = fileURLToPath(new URL('../../../src/local/functions-host/main.ts', import.meta.url));

interface Ready {
  type: string;
  httpUrl: string;
  functions: string[];
}

/** Starts the host as a child process with an IPC channel, as the local cloud does. */
function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = fork(program, ['--app', appRoot, ...args], { env: { ...process.env, ...env }, silent: true });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>;
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return { child, exited, stderr: () => stderr };
}

async function message(child: ChildProcess): Promise<Ready> {
  const [received] = (await once(child, 'message')) as [Ready];
  return received;
}

describe('the host as a program', () => {
  test('says when it is ready, serves, and ends on SIGTERM after the hooks', async () => {
    const { child, exited, stderr } = start(['--functions', 'echo,silent']);
    const ready = await message(child);
    expect(ready).toMatchObject({ type: 'ready', functions: ['echo', 'silent'] });
    expect((await fetch(`${ready.httpUrl}/api/silent`)).status).toBe(204);
    await (await fetch(`${ready.httpUrl}/api/items/1`)).text();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(stderr()).toBe("[information] echo echo { lines: 'one\\ntwo' }\nterminate hook ran\n");
  });

  test('lets a running invocation end after SIGINT', async () => {
    const { child, exited } = start(['--functions', 'waiting'], { FIXTURE_WAIT: '300' });
    const { httpUrl } = await message(child);
    const answer = fetch(`${httpUrl}/api/waiting`);
    await message(child);
    child.kill('SIGINT');
    expect(await (await answer).text()).toBe('done');
    expect(await exited).toEqual([0, null]);
  });

  test('waits five seconds for one, and not longer', async () => {
    const { child, exited } = start(['--functions', 'waiting'], { FIXTURE_WAIT: '60000' });
    const { httpUrl } = await message(child);
    const answer = fetch(`${httpUrl}/api/waiting`).catch(() => 'cut');
    await message(child);
    const asked = performance.now();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - asked).toBeGreaterThan(4_500);
    expect(performance.now() - asked).toBeLessThan(9_000);
    expect(await answer).toBe('cut');
  });

  test('ends with whoever started it', async () => {
    const { child, exited } = start(['--functions', 'silent']);
    await message(child);
    child.disconnect();
    expect(await exited).toEqual([1, null]);
  });

  test.each([
    ['broken/*.js', 'a setting is missing'],
    ['nowhere/*.js', 'Found zero files matching the supplied pattern'],
  ])('prints why it cannot load %s, and exits with 1', async (entry, reason) => {
    const { exited, stderr } = start(['--entry', entry]);
    expect(await exited).toEqual([1, null]);
    expect(stderr()).toContain(`Worker was unable to load entry point "${entry}": ${reason}`);
  });
});
