import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './functions-host/main.ts' : './functions-host/main.js',
    import.meta.url,
  ),
);

export interface WorkerOptions {
  /** Folder with package.json, host.json and the built functions. */
  readonly appRoot: string;
  /** Functions that this worker runs, as a scale group of its own; all when left out. */
  readonly functions?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly httpPort?: number;
  /** Called with each line that the worker writes to its standard output or standard error. */
  readonly onLog?: (line: string) => void;
}

/** One worker of the Functions host, in a process of its own. */
export interface WorkerProcess {
  /** Base address of its HTTP functions, where it has any. */
  readonly httpUrl: string | undefined;
  readonly process: ChildProcess;
  /** Names of the functions that it runs. */
  readonly functions: readonly string[];
  /** Fires a timer function, as the host's admin API does. */
  fire(timer: string): Promise<void>;
  /** SIGTERM, as when an instance is drained; resolves when it has ended. */
  stop(): Promise<void>;
  /** SIGKILL, the normal end of an instance. */
  kill(): Promise<void>;
}

interface Ready {
  readonly httpUrl: string | undefined;
  readonly functions: readonly string[];
}

/** @throws with the worker's own words when it does not start. */
export async function startWorker(options: WorkerOptions): Promise<WorkerProcess> {
  const child = fork(
    MAIN,
    [
      '--app',
      options.appRoot,
      ...(options.functions === undefined ? [] : ['--functions', options.functions.join(',')]),
      ...(options.httpPort === undefined ? [] : ['--http-port', String(options.httpPort)]),
    ],
    {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Out of the terminal's process group: at Ctrl-C whoever started it stops it, in its turn.
      detached: true,
    },
  );
  const lines = readLines(child, options.onLog);
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const ready = new Promise<Ready>((resolve, reject) => {
    child.once('message', message => resolve(message as Ready));
    child.once('error', reject);
    // `close` comes after the last line, `exit` may come before it.
    child.once('close', code => reject(new Error(`the worker ended with ${code}:\n${lines.join('\n')}`)));
  });
  const { httpUrl, functions } = await ready;
  return {
    httpUrl,
    functions,
    process: child,
    fire: async timer => {
      const response = await fetch(`${httpUrl}/admin/functions/${timer}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"input":""}',
      });
      await response.arrayBuffer();
      if (response.status !== 202)
        throw new Error(`the host answered ${response.status} to the timer ${timer}`);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The last lines, for the message of a worker that did not start. */
function readLines(child: ChildProcess, onLog?: (line: string) => void): string[] {
  const kept: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        kept.push(line);
        if (kept.length > 50) kept.shift();
        onLog?.(line);
      }
    });
  }
  return kept;
}
