import type { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';

/** Something that keeps this process from ending by itself. */
export interface ActiveResource {
  /** Node's name for it, such as `TCPServerWrap`, `ProcessWrap` or `Timeout`. */
  kind: string;
  /** For people: what it is, as far as can be told. */
  text: string;
}

/** Work that ends by itself within moments; waiting for it is not the test's business. */
const passing = new Set([
  'Immediate',
  'TickObject',
  'CloseReq',
  'FSReqCallback',
  'FSReqPromise',
  'MessagePort',
]);

/** Everything open now. Node opens the standard streams at their first use: used here, they are there from the start. */
export function activeResources(): ActiveResource[] {
  void [process.stdin, process.stdout, process.stderr];
  const described = activeHandles().map(describe);
  return process
    .getActiveResourcesInfo()
    .filter(kind => !passing.has(kind))
    .map(kind => {
      // The official list has names only; the details come from the matching handle, each used once.
      const index = described.findIndex(handle => handle.kind === kind);
      return index < 0 ? { kind, text: kind } : (described.splice(index, 1)[0] as ActiveResource);
    });
}

const KEPT = Symbol.for('test-kept-open');
const ofProcess = globalThis as { [KEPT]?: ActiveResource[] };
ofProcess[KEPT] ??= [];
const kept = ofProcess[KEPT];

/** What `start` leaves open belongs to the test process: no file that comes after it has leaked it. */
export async function keepOpenBetweenFiles<T>(start: () => Promise<T>): Promise<T> {
  const before = activeResources();
  const started = await start();
  kept.push(...leakedSince(before));
  return started;
}

/** What is active now beyond what was active at the time of `before`, kind by kind. */
export function leakedSince(before: ActiveResource[]): ActiveResource[] {
  const known = [...before, ...kept];
  return activeResources().filter(resource => {
    // The same thing first, then one of the same kind: vitest may have exchanged a timer for another.
    const same = known.findIndex(({ kind, text }) => kind === resource.kind && text === resource.text);
    const index = same >= 0 ? same : known.findIndex(({ kind }) => kind === resource.kind);
    if (index >= 0) known.splice(index, 1);
    return index < 0;
  });
}

/** Undocumented, but in every Node since 0.x, and used only to say more in a message. */
function activeHandles(): unknown[] {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles?: () => unknown[] };
  return _getActiveHandles?.call(process) ?? [];
}

function describe(handle: unknown): ActiveResource {
  if (handle instanceof Server) {
    const address = handle.address();
    const where = typeof address === 'string' ? address : `${address?.address}:${address?.port}`;
    return typeof address === 'string'
      ? { kind: 'PipeServerWrap', text: `server listening on ${where}` }
      : { kind: 'TCPServerWrap', text: `server listening on ${where}` };
  }
  if (handle instanceof Socket && handle.remoteAddress !== undefined) {
    const ends = `${handle.localPort} -> ${handle.remoteAddress}:${handle.remotePort}`;
    return { kind: 'TCPSocketWrap', text: `connection ${ends}` };
  }
  if (isChildProcess(handle)) {
    return { kind: 'ProcessWrap', text: `child process ${handle.pid}: ${handle.spawnargs.join(' ')}` };
  }
  return { kind: '', text: '' };
}

function isChildProcess(handle: unknown): handle is ChildProcess {
  return typeof handle === 'object' && handle !== null && 'spawnargs' in handle && 'pid' in handle;
}
