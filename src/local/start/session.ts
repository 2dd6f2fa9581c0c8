import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Provisioning } from '../../app.ts';
import type { DeadLetterGroup } from '../../operations/dead-letters.ts';
import type { TourPlaces } from '../tour/places.ts';
import type { Screen } from './screen.ts';

/** The checkout: sources run from src/local, the built program from dist/src/local. */
export const APP_ROOT = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../..' : '../../../..', import.meta.url),
);

/** The port that the Functions tools use, so that tunnels that people have set up lead here. */
export const WEB_PORT = 7_071;

export const FEEDS = {
  web: ['graph-notifications'],
  timers: ['poll-directory', 'reconcile', 'renew-subscriptions'],
  apply: ['apply-change'],
} as const;

/** Everything that runs, whether in a local cloud or against real services. */
export interface Session {
  /** The product itself, in this process. It reads state; the workers do the work. */
  readonly app: Provisioning;
  deadLetters(): Promise<DeadLetterGroup[]>;
  /** Where Graph sends its notifications; undefined when the poll alone hears of changes. */
  readonly notificationUrl: string | undefined;
  /** Shown to people when the initial cycle is done. */
  readonly addresses: readonly (readonly [label: string, value: string])[];
  /** Further lines below the addresses. */
  readonly hints: readonly string[];
  /** Requests of the pipeline so far; undefined where nobody counts them. */
  requests(): { readonly graph: number; readonly scim: number } | undefined;
  /** Where the tour of live changes can be made; never with a real tenant. */
  readonly tour: TourPlaces | undefined;
  /** How long nothing may move before the initial cycle is taken for stuck, in milliseconds. */
  readonly patienceMs: number;
  fire(timer: string): Promise<void>;
  close(): Promise<void>;
  /** At once, whatever runs. */
  kill(): void;
}

export interface WorkerLog {
  readonly path: string;
  /** Takes a line of a worker; what a person should know is shown as well. */
  take(worker: string, line: string): void;
  close(): Promise<void>;
}

/** What workers say that cannot wait until somebody reads the log. */
const URGENT = /^(error: |\[(error|critical)\] |warning: (held|target-|lease-lost|cursor-lost))/;

/** Keeps the lines of all workers in one file of the checkout that git ignores. */
export function openWorkerLog(screen: Screen, path = join(APP_ROOT, '.local', 'start.log')): WorkerLog {
  mkdirSync(dirname(path), { recursive: true });
  const file = createWriteStream(path);
  return {
    path,
    take(worker, line) {
      file.write(`${new Date().toISOString()} ${worker} ${line}\n`);
      if (URGENT.test(line)) screen.line(`  ${worker}: ${line}`);
    },
    close: () => new Promise(resolve => file.end(() => resolve())),
  };
}

/** `preferred` when nobody listens there, else any free port. */
export async function freePort(preferred: number): Promise<number> {
  return (await tryListen(preferred)) ?? (await tryListen(0)) ?? 0;
}

function tryListen(port: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const chosen = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(chosen));
    });
  });
}
