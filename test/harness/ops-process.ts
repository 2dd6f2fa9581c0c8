/**
 * What `npm run ops` runs, in a process of its own that a test can kill, with the settings in its environment: a settings
 * file may not name this machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { carryOut, understand } from '../../src/cli/run.ts';

export interface OpsProcess {
  readonly process: ChildProcess;
  readonly output: () => string;
  /** Resolves with the exit code; null after a signal. */
  readonly ended: Promise<number | null>;
}

export function startOps(args: readonly string[], settings: Readonly<Record<string, string>>): OpsProcess {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args], {
    env: { ...process.env, ...settings },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { process: child, output: () => output, ended };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const invocation = understand(process.argv.slice(2));
  if (invocation.command === undefined) throw new Error('a command is wanted');
  const { signal } = new AbortController();
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']));
  const { lines } = await carryOut(invocation, invocation.command, env, { signal, note: console.error });
  console.log(lines.join('\n'));
}
