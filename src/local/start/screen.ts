import type { WriteStream } from 'node:tty';

/** How often a progress line appears where none can be redrawn, in milliseconds. */
const LINE_EVERY_MS = 5_000;
const BAR_WIDTH = 30;

/** Everything that is shown to a person. */
export interface Screen {
  line(text?: string): void;
  /** Replaces the last progress, where the output is a terminal. */
  progress(what: string, done: number, total: number): void;
  /** Two columns. */
  table(rows: readonly (readonly [label: string, value: string])[]): void;
}

export function createScreen(stream: WriteStream | NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY === true;
  let shown = '';
  let lastLineAt = Number.NEGATIVE_INFINITY;
  const clear = (): void => {
    if (shown !== '') stream.write('\r\u001b[K');
    shown = '';
  };
  const line = (text = ''): void => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    line,
    progress(what, done, total) {
      const text = `${bar(done, total)} ${what}`;
      if (isTerminal) {
        if (text === shown) return;
        // Some terminals say that they have no columns at all.
        stream.write(`\r\u001b[K${text.slice(0, (stream.columns || 80) - 1)}`);
        shown = text;
        return;
      }
      const isNew = performance.now() - lastLineAt >= LINE_EVERY_MS;
      if (!isNew || text === shown) return;
      stream.write(`${text}\n`);
      lastLineAt = performance.now();
    },
    table(rows) {
      const width = Math.max(...rows.map(([label]) => label.length));
      for (const [label, value] of rows) line(`  ${label.padEnd(width)}  ${value}`);
    },
  };
}

function bar(done: number, total: number): string {
  const share = total === 0 ? 0 : Math.min(done / total, 1);
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** `4.2 s`, `1 min 20 s` */
export function duration(ms: number): string {
  const tenths = Math.round(Math.max(ms, 0) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  // Rounded as a whole: the seconds alone could become 60.
  const seconds = Math.round(tenths / 10);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `1 hold`, `2 holds` */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
