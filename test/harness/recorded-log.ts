import { formatLog, type Logger } from '../../src/identity/logger.ts';

/** A log that a test reads: one line per event, as the product writes it. */
export function recordedLog(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const write: Logger['info'] = (event, fields) => {
    lines.push(formatLog(event, fields));
  };
  return { lines, info: write, warn: write, error: write };
}
