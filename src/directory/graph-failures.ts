import { Permanent, RetryLater } from '../identity/errors.ts';
import { retryAfterMs } from '../identity/retry-after.ts';
import { Absent, CursorLost, SourceUnavailable } from './errors.ts';
import type { GraphReply } from './graph-reply.ts';
import { errorBody } from './graph-schemas.ts';

/** Worth another try within the same call. Source: "Microsoft Graph throttling guidance", "error responses". */
const QUICK = new Set([429, 503, 504]);

export function isQuickRetry(status: number): boolean {
  return QUICK.has(status);
}

/** Codes with which Graph gives up on a delta token; the documents and captured bodies differ in case and status. */
const LOST = new Set(['syncstatenotfound', 'syncstateinvalid', 'resyncrequired']);

/**
 * Turns an answer that is no success into the error that says what happens next. The text names the purpose, the
 * status and Graph's own code: never its message, which may quote names.
 */
export function failureOf(what: string, reply: GraphReply, now: number, onDelta = false): Error {
  const code = codeOf(reply.body);
  const text = `Graph answered ${reply.status}${code && ` ${code}`} when ${what}`;
  if (onDelta && (reply.status === 410 || (isClientError(reply.status) && LOST.has(code.toLowerCase())))) {
    return new CursorLost(text);
  }
  if (reply.status === 401 || reply.status === 403)
    return new SourceUnavailable(`${reply.status}${code && ` ${code}`}`, text);
  if (reply.status === 404) return new Absent(text);
  if (reply.status === 429 || !isClientError(reply.status)) {
    return new RetryLater(text, { afterMs: retryAfterMs(reply.header('retry-after'), now) });
  }
  return new Permanent('GraphRefused', text);
}

function isClientError(status: number): boolean {
  return status >= 400 && status < 500;
}

function codeOf(body: unknown): string {
  const parsed = errorBody.safeParse(body);
  const code = parsed.success ? parsed.data.error.code : '';
  return /^[\w.]{1,64}$/.test(code) ? code : '';
}
