import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { runProgram } from '../../../src/local/databricks/program.ts';
import { ACCOUNT_ID, call } from './fixture.ts';

let stopping: AbortController | undefined;
let running: Promise<number> | undefined;
afterEach(async () => {
  stopping?.abort();
  await running;
  running = undefined;
});

/** Runs until the test ends; resolves with the first thing it writes. */
async function start(...args: string[]): Promise<string> {
  const stop = new AbortController();
  stopping = stop;
  const written = Promise.withResolvers<string>();
  running = runProgram(args, text => written.resolve(text), stop.signal);
  return written.promise;
}

describe('the program', () => {
  test('serves an account and its workspaces, and says as JSON where', async () => {
    const text = await start(
      '--json',
      '--account',
      ACCOUNT_ID,
      '--workspace',
      'a',
      '--workspace',
      'b:federated',
    );
    const known = JSON.parse(text);
    expect(known).toMatchObject({
      accountId: ACCOUNT_ID,
      workspaces: [
        { name: 'a', federated: false },
        { name: 'b', federated: true },
      ],
    });
    const { operatorToken, scimToken } = known;
    expect((await call('GET', `${known.scimUrl}/Users`, { token: scimToken })).status).toBe(200);
    expect((await call('GET', `${known.scimUrl20}/Users`, { token: scimToken })).status).toBe(403);
    for (const { scimUrl, proxyUrl } of known.workspaces) {
      expect((await call('GET', `${scimUrl}/Users`, { token: operatorToken })).status).toBe(200);
      expect((await call('GET', `${proxyUrl}/Users`, { token: operatorToken })).status).toBe(200);
    }
    const limits = await call('GET', `${known.controlUrl}limits`, { token: operatorToken });
    expect(limits.json).toMatchObject({ patch: 2, write: 5 });
    stopping?.abort();
    expect(await running).toBe(0);
    await expect(fetch(known.url)).rejects.toThrow();
  });

  test('says for people where, without limits and with a token of theirs when they want that', async () => {
    const text = await start('--no-limits', '--token', 'mine', '--workspace', 'legacy');
    const controlUrl = /^Control API\s+(\S+)$/m.exec(text)?.[1] ?? '';
    expect(text).toMatch(/^Workspace\s+legacy \(\d+\)$/m);
    expect((await call('GET', `${controlUrl}limits`, { token: 'mine' })).text).toBe('"off"');
  });

  test.each([
    [['--port', 'x'], '--port x'],
    [['--port', '70000'], '--port 70000'],
    [['--account', 'mine'], '--account mine'],
    [['--workspace', 'a:legacy'], '--workspace a:legacy'],
    [['--workspace', ''], 'NAME'],
    [['--unknown'], '--unknown'],
    [['extra'], 'extra'],
  ])('ends with 2 for %j, and says why', async (args, what) => {
    const written: string[] = [];
    const code = await runProgram(args, text => written.push(text), AbortSignal.abort());
    expect(code).toBe(2);
    expect(written.join('')).toContain(what);
    expect(written.join('')).toContain('--help');
  });

  test('ends with 1 when its port is taken', async () => {
    const { url } = JSON.parse(await start('--json'));
    const written: string[] = [];
    const args = ['--port', new URL(url).port];
    expect(await runProgram(args, text => written.push(text), AbortSignal.abort())).toBe(1);
    expect(written.join('')).toContain('EADDRINUSE');
  });

  test('explains itself', async () => {
    const written: string[] = [];
    expect(await runProgram(['--help'], text => written.push(text), AbortSignal.abort())).toBe(0);
    expect(written.join('')).toContain('--workspace NAME[:federated]');
  });

  test('is a process that Ctrl-C ends in order', async () => {
    const program = fileURLToPath(new URL('../../../src/local/databricks/program.ts', import.meta.url));
    const child = spawn(process.execPath, [program, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    try {
      const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
      const { scimUrl, scimToken } = JSON.parse(String(line));
      expect((await call('GET', `${scimUrl}/Users`, { token: scimToken })).status).toBe(200);
      child.kill('SIGINT');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
