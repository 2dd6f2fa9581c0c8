import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const preload = new URL('./clock-preload.mjs', import.meta.url);

/** A wall clock that a test moves, for its own process and for every process it starts. Timers stay real. */
export interface TestClock {
  /** Environment of the processes that are to follow this clock. Keeps the NODE_OPTIONS of this process. */
  readonly env: { TEST_CLOCK_FILE: string; NODE_OPTIONS: string };
  /** Milliseconds by which the clock is ahead of the real one. */
  readonly offset: number;
  /** Makes this process follow the clock too, until {@link TestClock.dispose}. */
  install(): void;
  /** Moves the clock of all processes at once. Negative values set it back. */
  advance(ms: number): void;
  /** Gives this process its real clock back. Processes that still run keep the last offset. */
  dispose(): void;
}

/** Creates a clock that shows the real time until it is moved. */
export function createTestClock(): TestClock {
  const folder = mkdtempSync(join(tmpdir(), 'test-clock-'));
  const file = join(folder, 'offset');
  const fd = openSync(file, 'w+');
  const bytes = Buffer.alloc(8);
  let offset = 0;
  let uninstall: (() => void) | undefined;
  let disposed = false;

  const write = (): void => {
    bytes.writeDoubleLE(offset);
    writeSync(fd, bytes, 0, 8, 0);
  };
  write();

  const nodeOptions = [process.env.NODE_OPTIONS, `--import=${preload.href}`].filter(Boolean).join(' ');
  return {
    env: { TEST_CLOCK_FILE: file, NODE_OPTIONS: nodeOptions },
    get offset() {
      return offset;
    },
    install() {
      // Not a static import: under a test runner that would be a second copy of the module that the preload is.
      const { installClock } = createRequire(import.meta.url)(fileURLToPath(preload)) as {
        installClock: (file: string) => () => void;
      };
      uninstall = installClock(file);
    },
    advance(ms) {
      if (disposed) throw new Error('the test clock is disposed');
      offset += ms;
      write();
    },
    dispose() {
      if (disposed) return;
      disposed = true;
      uninstall?.();
      closeSync(fd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
