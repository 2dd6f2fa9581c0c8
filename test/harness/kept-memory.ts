import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const preload = new URL('./memory-preload.mjs', import.meta.url);

/** How much memory another process keeps after everything that can be collected was collected. */
export interface KeptMemory {
  /** Environment for the process to be measured. Keeps the NODE_OPTIONS of this process. */
  readonly env: { KEPT_MEMORY_FILE: string; NODE_OPTIONS: string };
  /** MiB that the process of that id keeps now. @throws when it has ended. */
  of(pid: number): Promise<number>;
  dispose(): void;
}

/** @param heapMegabytes with more than this on its heap the process ends, as it would on a small instance. */
export function measureKeptMemory(heapMegabytes: number): KeptMemory {
  const folder = mkdtempSync(join(tmpdir(), 'kept-memory-'));
  const file = join(folder, 'bytes');
  const options = [`--import=${preload.href}`, `--max-old-space-size=${heapMegabytes}`];
  return {
    env: {
      KEPT_MEMORY_FILE: file,
      NODE_OPTIONS: [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(' '),
    },
    async of(pid) {
      rmSync(file, { force: true });
      process.kill(pid, 'SIGUSR2');
      while (!existsSync(file)) {
        await sleep(10);
        process.kill(pid, 0);
      }
      return Number(readFileSync(file, 'utf8')) / 1024 / 1024;
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
