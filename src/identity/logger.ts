/**
 * Where the product says what it does. Fields are ids, counts and statuses; attribute values, names and secrets are
 * never passed.
 */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One line per event: `event key=value key=value`, values JSON-encoded where they hold spaces. */
export function formatLog(event: string, fields: LogFields = {}): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        `${key}=${typeof value === 'string' && /[\s"=]/.test(value) ? JSON.stringify(value) : value}`,
    );
  return [event, ...parts].join(' ');
}

/** Writes to standard error, which the Functions host collects as traces. */
export const consoleLogger: Logger = {
  info: (event, fields) => console.error(formatLog(event, fields)),
  warn: (event, fields) => console.error(`warning: ${formatLog(event, fields)}`),
  error: (event, fields) => console.error(`error: ${formatLog(event, fields)}`),
};

/** The text of an unknown thrown value: its name and message, never its stack or its properties. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
