import { randomUUID } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { Context, Middleware, MiddlewareOptions } from '@microsoft/microsoft-graph-client';
import { RetryLater } from '../identity/errors.ts';
import { SourceUnavailable } from './errors.ts';

/** Largest answer that is read, in bytes: a page of 999 objects is well below one hundredth of it. */
const LARGEST_ANSWER = 32 * 1024 * 1024;

/** Travels with one request through the SDK, which would otherwise rewrite links and flatten our errors. */
export class Exchange implements MiddlewareOptions {
  /** Sent as it is: delta and next links are opaque, and the SDK takes URLs apart and reassembles them. */
  readonly link: string | undefined;
  failure: unknown;
  constructor(link?: string) {
    this.link = link;
  }
}

interface Settings {
  readonly origin: string;
  readonly credential: TokenCredential;
  readonly scope: string;
  readonly timeoutMs: number;
  readonly userAgent: string;
}

/**
 * Sends one request: the token goes to the configured origin and nowhere else, redirects are refused, the answer is
 * read to its end within the timeout and up to a bound. The SDK's own handlers are not used: they send tokens to
 * `https` Graph hosts only, follow redirects, and wait on timers that do not follow the wall clock.
 */
export class SendToGraph implements Middleware {
  readonly #settings: Settings;
  /** HTTP requests sent so far. */
  sent = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async execute(context: Context): Promise<void> {
    const exchange = context.middlewareControl?.getMiddlewareOptions(Exchange) as Exchange | undefined;
    try {
      const url = exchange?.link ?? String(context.request);
      context.response = await this.#send(url, context.options ?? {});
    } catch (error) {
      if (exchange) exchange.failure = error;
      throw error;
    }
  }

  async #send(url: string, options: RequestInit): Promise<Response> {
    refuseForeign(url, this.#settings.origin);
    const signal = AbortSignal.timeout(this.#settings.timeoutMs);
    const headers = new Headers(options.headers);
    headers.set('Authorization', `Bearer ${await this.#token(signal)}`);
    headers.set('client-request-id', randomUUID());
    headers.set('User-Agent', this.#settings.userAgent);
    this.sent++;
    const response = await fetch(url, { ...options, headers, signal, redirect: 'error' });
    const body = await readBounded(response);
    // A body of these statuses is no body; the constructor insists.
    const empty = response.status === 204 || response.status === 205 || response.status === 304;
    return new Response(empty ? null : body, { status: response.status, headers: response.headers });
  }

  async #token(abortSignal: AbortSignal): Promise<string> {
    try {
      const token = await this.#settings.credential.getToken(this.#settings.scope, { abortSignal });
      if (token) return token.token;
    } catch (error) {
      throw credentialFailure(error);
    }
    throw new SourceUnavailable('NoToken', 'the credential gave no token for Graph');
  }
}

/** @throws SourceUnavailable when `link` leads to another origin: it would carry our token there. */
export function refuseForeign(link: string, origin: string): void {
  if (!URL.canParse(link) || new URL(link).origin !== origin) {
    throw new SourceUnavailable(
      'ForeignLink',
      'a link in an answer leads away from the configured Graph origin',
    );
  }
}

/** A wrong secret or a missing identity is not cured by trying again; an unreachable token endpoint may be. */
function credentialFailure(error: unknown): Error {
  const { name, statusCode } = (error ?? {}) as { name?: string; statusCode?: number };
  const refused =
    name === 'CredentialUnavailableError' ||
    name === 'AuthenticationRequiredError' ||
    name === 'AggregateAuthenticationError' ||
    (name === 'AuthenticationError' &&
      (statusCode === undefined || (statusCode < 500 && statusCode !== 429)));
  return refused
    ? new SourceUnavailable('NoToken', 'no token for Graph: the credential was refused', { cause: error })
    : new RetryLater('no token for Graph: the token endpoint did not answer', { cause: error });
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > LARGEST_ANSWER) throw new RetryLater('an answer of Graph is larger than can be right');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
