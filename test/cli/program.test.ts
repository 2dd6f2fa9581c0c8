import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { HELP } from '../../src/cli/help.ts';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ops-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function ops(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code: code as number | null, stdout, stderr };
}

test('the help is no mistake, and wrong use is', async () => {
  expect(await ops('--help')).toEqual({ code: 0, stdout: HELP, stderr: '' });
  const wrong = await ops('dead-letters', 'purge');
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toBe('there is no command dead-letters purge. See: npm run ops -- --help\n');
});

test('without settings there is nothing to look after, and an emulator is no deployment', async () => {
  const without = await ops('status');
  expect(without).toMatchObject({ code: 2, stdout: '' });
  expect(without.stderr).toContain('there is no local.settings.json');
  const path = join(folder, 'other.json');
  writeFileSync(path, JSON.stringify({ Values: { AzureWebJobsStorage: 'UseDevelopmentStorage=true' } }));
  const emulated = await ops('status', '--settings', path, '--json');
  expect(emulated).toMatchObject({ code: 1, stdout: '' });
  expect(emulated.stderr).toMatch(/^ConfigurationError: .*AzureWebJobsStorage is a storage emulator/);
});
