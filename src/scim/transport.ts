import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  decompressResponsePolicy,
  type HttpClient,
  type HttpMethods,
  logPolicy,
  type Pipeline,
  type PipelineRequest,
  type PipelineResponse,
  proxyPolicy,
  tracingPolicy,
  userAgentPolicy,
} from '@azure/core-rest-pipeline';
import { ConfigurationError } from '../identity/errors.ts';
import { retryAfterMs } from '../identity/retry-after.ts';
import { isLoopback, mayCarryTokens } from '../identity/service-url.ts';
import { parseErrorBody } from './error-body.ts';
import { ScimError, ScimTransportError } from './errors.ts';

export interface TransportOptions {
  baseUrl: string;
  allowInsecureConnection: boolean;
  userAgent: string | undefined;
  maxResponseBytes: number;
}

export interface Call {
  method: HttpMethods;
  /** Below the base URL, each segment already encoded; it appears in errors. */
  path: string;
  query?: URLSearchParams;
  body?: unknown;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Failures after which the target cannot have seen the request. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Sends one request, once, and gives its successful answer. Retries and redirects are the caller's to decide, and so
 * is what shows the target who asks: it goes to the base URL and nowhere else.
 */
export class Transport {
  /** Requests handed to the network so far. */
  requestCount = 0;
  readonly #base: URL;
  readonly #pipeline: Pipeline;
  readonly #client: HttpClient;
  readonly #maxResponseBytes: number;
  readonly #sent = new WeakSet<PipelineRequest>();

  constructor(options: TransportOptions) {
    this.#base = checkedBase(options);
    this.#maxResponseBytes = options.maxResponseBytes;
    this.#pipeline = createEmptyPipeline();
    // A proxy would be asked for its own loopback.
    if (!isLoopback(this.#base)) this.#pipeline.addPolicy(proxyPolicy());
    this.#pipeline.addPolicy(decompressResponsePolicy());
    this.#pipeline.addPolicy(userAgentPolicy({ userAgentPrefix: options.userAgent }));
    this.#pipeline.addPolicy(tracingPolicy({ userAgentPrefix: options.userAgent }), { afterPhase: 'Retry' });
    // Redacts headers and query values by default, and never prints a body.
    this.#pipeline.addPolicy(logPolicy());
    const network = createDefaultHttpClient();
    this.#client = {
      sendRequest: request => {
        this.requestCount += 1;
        this.#sent.add(request);
        return network.sendRequest(request);
      },
    };
  }

  /**
   * The body of a 2xx answer, as text; empty when there is none.
   *
   * @param headers that sign the request.
   * @throws ScimError for any other status; ScimTransportError when no answer came in time, or at all; the signal's
   *   reason when it is aborted.
   */
  async send(call: Call, headers: Readonly<Record<string, string>>): Promise<string> {
    call.signal?.throwIfAborted();
    const stop = new AbortController();
    let ended: 'timeout' | 'aborted' | 'too large' | undefined;
    const end = (why: typeof ended): void => {
      ended ??= why;
      stop.abort();
    };
    const timer = setTimeout(end, call.timeoutMs, 'timeout');
    const onAbort = (): void => end('aborted');
    call.signal?.addEventListener('abort', onAbort, { once: true });

    const request = this.#request(call, headers, stop.signal);
    request.onDownloadProgress = ({ loadedBytes }) => {
      if (loadedBytes > this.#maxResponseBytes) end('too large');
    };
    try {
      // An answer that arrived in one piece is not stopped by the signal any more.
      const response = await orAborted(this.#pipeline.sendRequest(this.#client, request), stop.signal);
      return accepted(call, response);
    } catch (error) {
      if (error instanceof ScimError) throw error;
      if (ended === 'aborted') throw call.signal?.reason;
      throw this.#failure(call, request, ended, error);
    } finally {
      clearTimeout(timer);
      call.signal?.removeEventListener('abort', onAbort);
    }
  }

  #request(
    call: Call,
    signature: Readonly<Record<string, string>>,
    abortSignal: AbortSignal,
  ): PipelineRequest {
    const query = call.query === undefined ? '' : `?${call.query}`;
    const headers = createHttpHeaders({ ...signature, Accept: 'application/scim+json, application/json' });
    if (call.body !== undefined) headers.set('Content-Type', 'application/scim+json; charset=utf-8');
    return createPipelineRequest({
      url: `${this.#base.href.replace(/\/+$/, '')}/${call.path}${query}`,
      method: call.method,
      headers,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      abortSignal,
      allowInsecureConnection: this.#base.protocol === 'http:',
    });
  }

  /** The cause is not kept: it carries the request, and with it the token and the body. */
  #failure(
    call: Call,
    request: PipelineRequest,
    ended: string | undefined,
    error: unknown,
  ): ScimTransportError {
    const code = codeOf(error);
    const reached = this.#sent.has(request) && !NEVER_CONNECTED.has(code ?? '');
    return new ScimTransportError({
      kind: ended === 'timeout' ? 'timeout' : ended === 'too large' ? 'protocol' : 'network',
      method: call.method,
      path: call.path,
      mayHaveApplied: call.method !== 'GET' && reached,
      reason: ended === 'too large' ? `answer larger than ${this.#maxResponseBytes} bytes` : code,
    });
  }
}

function accepted(call: Call, response: PipelineResponse): string {
  const body = response.bodyAsText ?? '';
  if (response.status >= 200 && response.status < 300) return body;
  throw new ScimError({
    method: call.method,
    path: call.path,
    status: response.status,
    retryAfterMs: retryAfterMs(response.headers.get('Retry-After'), Date.now()),
    ...parseErrorBody(body),
  });
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function checkedBase(options: TransportOptions): URL {
  const base = URL.parse(options.baseUrl);
  const example = 'https://accounts.azuredatabricks.net/api/2.1/accounts/<account id>/scim/v2';
  if (base === null || !/^https?:$/.test(base.protocol) || base.search !== '' || base.hash !== '') {
    throw new ConfigurationError(`SCIM base URL: expected a URL such as ${example}`);
  }
  if (base.username !== '' || base.password !== '') {
    throw new ConfigurationError('SCIM base URL: must not hold a user name or password');
  }
  if (!mayCarryTokens(base) || (base.protocol === 'http:' && !options.allowInsecureConnection)) {
    throw new ConfigurationError(`SCIM base URL: http is for a loopback address only; expected ${example}`);
  }
  return base;
}
