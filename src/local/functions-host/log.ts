import type { LogLevel } from './core-types.ts';

const RANK: Record<LogLevel, number> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

/** Writes the log of host and functions, as far as host.json's `logging.logLevel` lets it through. */
export interface HostLog {
  /** A line of a function, under the category `Function.<name>.User`. */
  user(name: string, level: LogLevel, message: string): void;
  /** A line of the host about `subject` (a function's name, or `host`). */
  system(subject: string, level: LogLevel, message: string): void;
}

/**
 * A log that prints `[<level>] <function> <message>`, one line per call, to standard error.
 *
 * @param levels host.json `logging.logLevel`: category prefix to least level. Default: Information.
 */
export function createHostLog(levels: Record<string, string> = {}): HostLog {
  const least = new Map(Object.entries(levels).map(([category, level]) => [category, rankOf(level)]));
  const enabled = (category: string, level: LogLevel): boolean => {
    let prefix = category;
    while (prefix !== '' && !least.has(prefix))
      prefix = prefix.slice(0, Math.max(prefix.lastIndexOf('.'), 0));
    return RANK[level] >= (least.get(prefix) ?? least.get('default') ?? RANK.information);
  };
  const write = (subject: string, level: LogLevel, message: string): void => {
    process.stderr.write(`[${level}] ${subject} ${oneLine(message)}\n`);
  };
  return {
    user(name, level, message) {
      if (enabled(`Function.${name}.User`, level)) write(name, level, message);
    },
    system(subject, level, message) {
      const category = subject === 'host' ? 'Host' : `Function.${subject}`;
      if (enabled(category, level)) write(subject, level, message);
    },
  };
}

function rankOf(level: string): number {
  const rank = RANK[level.toLowerCase() as LogLevel];
  if (rank === undefined) throw new Error(`host.json: unknown log level "${level}"`);
  return rank;
}

/** Line breaks and control characters escaped as in JSON; quotes are left, so that structured lines stay readable. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, char => {
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
