import { constants } from 'node:os';
import type { Screen } from './screen.ts';

/** Somebody, or the system, asked for the end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** As shells report the signal. */
  readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Two signals closer than this are one key press that came two ways: to the whole group, and passed on by a parent. */
const ONE_PRESS_MS = 500;

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

interface StopSignals extends Disposable {
  /** Aborted at the first signal, or failure: what runs comes to its end in order. */
  readonly signal: AbortSignal;
  fail(error: Error): void;
}

/** The first signal asks for an orderly end; the second one, a moment later, calls `kill` and ends this process. */
export function onStopSignals(screen: Screen, kill: () => void): StopSignals {
  const stopping = new AbortController();
  let firstAt: number | undefined;
  const stop = (signal: NodeJS.Signals): void => {
    const at = performance.now();
    if (firstAt === undefined) {
      firstAt = at;
      screen.line();
      screen.line('Stopping … (once more to stop at once)');
      stopping.abort(new Interrupted(signal));
    } else if (at - firstAt > ONE_PRESS_MS) {
      kill();
      process.exit(new Interrupted(signal).exitCode);
    }
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    signal: stopping.signal,
    fail: error => stopping.abort(error),
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
