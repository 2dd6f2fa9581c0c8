import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { descendantsOf, isAlive, runStart } from './program.ts';

test('a live change is shown, a killed worker is started again, and Ctrl-C leaves nothing running', async () => {
  const program = runStart(['--no-limits']);
  await program.seen(/Live changes, until Ctrl-C:/);
  const [, graph = ''] = await program.seen(/Microsoft Graph +(\S+)/);
  const [, token = ''] = await program.seen(/operator token +(\S+)/);
  const [, user = ''] = await program.seen(/\/v1\.0\/users\/(\S+)/);
  const [, webhook = ''] = await program.seen(/notifications +(\S+)/);
  const started = descendantsOf(program.process.pid ?? 0);
  // Azurite, and a worker each for the webhook, the timers and the changes.
  expect(started).toHaveLength(4);

  await killTheWebWorker(started);
  await program.seen(/web: error: the worker ended \(SIGKILL\) and is started again/);
  await answers(webhook);
  const response = await fetch(`${graph}/users/${user}`, {
    method: 'PATCH',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ displayName: 'Grace Hopper' }),
  });
  expect(response.status).toBe(204);
  await program.seen(/update-user .*\(displayName\) .* after notification/);

  const all = [...started, ...descendantsOf(program.process.pid ?? 0)];
  // A terminal and a parent that passes signals on may both deliver the same key press.
  program.process.kill('SIGINT');
  program.process.kill('SIGINT');
  expect(await program.ended).toBe(0);
  expect(all.filter(isAlive)).toEqual([]);
});

test('Ctrl-C while it starts stops it, and says so', async () => {
  const program = runStart(['--once', '--no-limits']);
  await program.seen(/comparing Entra ID/);
  const started = descendantsOf(program.process.pid ?? 0);
  program.process.kill('SIGINT');
  expect(await program.ended).toBe(130);
  expect(program.stdout()).toContain('Stopping');
  expect(started.filter(isAlive)).toEqual([]);
});

test('what cannot be meant ends with 2, and a bad settings file with 1 and no stack', async () => {
  const [usage, file] = [runStart(['--onec']), runStart(['--settings', 'package.json'])];
  expect(await usage.ended).toBe(2);
  expect(usage.stderr()).toContain("Unknown option '--onec'");
  expect(await file.ended).toBe(1);
  expect(file.stderr()).toMatch(/^ConfigurationError: package.json has no "Values" object[^\n]*\n$/);
});

async function killTheWebWorker(started: readonly number[]): Promise<void> {
  const { readFileSync } = await import('node:fs');
  const web = started.find(pid =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('graph-notifications'),
  );
  process.kill(web ?? 0, 'SIGKILL');
  while (isAlive(web ?? 0)) await sleep(20);
}

async function answers(url: string): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(`${url}?validationToken=here`, { method: 'POST' });
      if ((await response.text()) === 'here') return;
    } catch {
      // Not yet listening.
    }
    await sleep(50);
  }
}
