import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const START = fileURLToPath(new URL('../../../src/local/start.ts', import.meta.url));

/** `npm start -- ...` as a process of its own. */
export interface Program {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** The match of `pattern` in the output so far, or as soon as it is there. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
}

export function runStart(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [START, ...args], { env: { ...process.env, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async seen(pattern) {
      for (;;) {
        const match = pattern.exec(stdout + stderr);
        if (match !== null) return match;
        if (child.exitCode !== null) throw new Error(`ended before ${pattern}:\n${stdout}\n${stderr}`);
        await sleep(20);
      }
    },
  };
}

/** Process ids of everything that `pid` started, and what that started. Linux only. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(name => {
        try {
          // "pid (name) state parent …"; the name may hold blanks and brackets.
          const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
          return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])] as const];
        } catch {
          return [];
        }
      }),
  );
  const found = [...parents].filter(([, parent]) => parent === pid).map(([id]) => id);
  return found.flatMap(id => [id, ...descendantsOf(id)]);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
