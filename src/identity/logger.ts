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

/** One line per event: `event key=value key=value`, values JSON-encoded where they could be misread. */
export function formatLog(event: string, fields: LogFields = {}): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? logText(value) : value}`);
  return [event, ...parts].join(' ');
}

/** Characters that some reader of logs, or a terminal, takes for the end of a line or for a command. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/gu;

function logText(text: string): string {
  if (text !== '' && !/[\s"=\p{Cc}]/u.test(text)) return text;
  return JSON.stringify(text).replace(
    UNPRINTABLE,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Writes to the console. The Functions host takes a worker's standard output for information and its standard error
 * for errors, unless the line says `warn` (azure-functions-host, RpcWorkerProcess).
 */
export const consoleLogger: Logger = {
  info: (event, fields) => console.log(formatLog(event, fields)),
  warn: (event, fields) => console.warn(`warning: ${formatLog(event, fields)}`),
  error: (event, fields) => console.error(`error: ${formatLog(event, fields)}`),
};

/** The text of an unknown thrown value: its name and message, never its stack or its properties. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
