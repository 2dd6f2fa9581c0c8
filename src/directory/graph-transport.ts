import type { TokenCredential } from '@azure/identity';
import { Client, ResponseType } from '@microsoft/microsoft-graph-client';
import type { z } from 'zod';
import { now } from '../identity/clock.ts';
import { ConfigurationError, Permanent, RetryLater } from '../identity/errors.ts';
import { retryAfterMs } from '../identity/retry-after.ts';
import { mayCarryTokens } from '../identity/service-url.ts';
import { SourceUnavailable } from './errors.ts';
import { failureOf, isQuickRetry } from './graph-failures.ts';
import { Exchange, refuseForeign, SendToGraph } from './graph-middleware.ts';
import type { GraphReply } from './graph-reply.ts';
import { batchAnswer, page } from './graph-schemas.ts';
import { RetryBudget } from './retry-budget.ts';

export interface GraphTransportOptions {
  baseUrl: string;
  credential: TokenCredential;
  scope: string;
  timeoutMs: number;
  userAgent: string;
}

export interface GraphRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query after the version, or a whole link out of an answer. */
  path: string;
  version?: 'v1.0' | 'beta';
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** What it is for, in the words of an error text: "reading a user". No ids, no names. */
  what: string;
  /** False when a lost answer must not lead to a second request. Default true. */
  repeatable?: boolean;
}

/** Graph allows at most 20 requests in a batch. Source: "Combine multiple HTTP requests using JSON batching". */
const BATCH_SIZE = 20;
/** Batches under way at once. */
const BATCHES_AT_ONCE = 4;

/** Requests to Microsoft Graph with quick retries, complete paging and batches, on the official SDK's client. */
export class GraphTransport {
  readonly #client: Client;
  readonly #sender: SendToGraph;
  readonly #origin: string;

  constructor(options: GraphTransportOptions) {
    const baseUrl = new URL(options.baseUrl);
    if (!mayCarryTokens(baseUrl)) {
      throw new ConfigurationError(
        'Graph must be reached over https, for example https://graph.microsoft.com',
      );
    }
    this.#origin = baseUrl.origin;
    this.#sender = new SendToGraph({ ...options, origin: this.#origin });
    this.#client = Client.initWithMiddleware({ middleware: this.#sender, baseUrl: this.#origin });
  }

  get requestCount(): number {
    return this.#sender.sent;
  }

  /** @returns any answer that is not worth a quick retry. @throws RetryLater, SourceUnavailable. */
  async send(request: GraphRequest): Promise<GraphReply> {
    const budget = new RetryBudget();
    for (;;) {
      let reply: GraphReply;
      try {
        reply = await this.#once(request);
      } catch (error) {
        if (error instanceof SourceUnavailable || error instanceof RetryLater || error instanceof Permanent)
          throw error;
        if (request.repeatable === false)
          throw new RetryLater(`no answer from Graph when ${request.what}`, { cause: error });
        await budget.wait(`no answer from Graph when ${request.what}`, undefined, error);
        continue;
      }
      const uncertain = reply.status === 504 && request.repeatable === false;
      if (!isQuickRetry(reply.status) || uncertain) return reply;
      const asked = retryAfterMs(reply.header('retry-after'), now());
      await budget.wait(`Graph answered ${reply.status} when ${request.what}`, asked);
    }
  }

  /** Follows every page of a collection and yields its items: all of them, or it throws (404: Absent). */
  async *pages<T extends z.ZodType>(
    request: GraphRequest,
    item: T,
    onDelta = false,
  ): AsyncGenerator<{ items: z.output<T>[]; deltaLink: string | undefined }> {
    const followed = new Set<string>();
    let next = request;
    for (;;) {
      const reply = await this.send(next);
      if (reply.status !== 200) throw failureOf(request.what, reply, now(), onDelta);
      const {
        value,
        '@odata.nextLink': nextLink,
        '@odata.deltaLink': deltaLink,
      } = this.read(page, reply, request.what);
      yield { items: value.map(v => this.read(item, { ...reply, body: v }, request.what)), deltaLink };
      if (nextLink === undefined) return;
      refuseForeign(nextLink, this.#origin);
      if (followed.has(nextLink))
        throw new RetryLater(`the pages of Graph go round in circles when ${request.what}`);
      followed.add(nextLink);
      next = { ...request, path: nextLink };
    }
  }

  /**
   * Sends requests in batches and gives each its own answer, in the order of `requests`. Items that are throttled are
   * sent again on their own.
   */
  async batch(
    requests: readonly { method: 'GET' | 'POST'; path: string; body?: unknown }[],
    what: string,
  ): Promise<GraphReply[]> {
    const replies = new Array<GraphReply>(requests.length);
    const chunks: number[][] = [];
    for (let i = 0; i < requests.length; i += BATCH_SIZE) {
      chunks.push(Array.from({ length: Math.min(BATCH_SIZE, requests.length - i) }, (_, k) => i + k));
    }
    const worker = async (): Promise<void> => {
      try {
        for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
          await this.#batchChunk(chunk, requests, replies, what);
        }
      } catch (error) {
        // The caller gets nothing now, so the other workers need not go on asking.
        chunks.length = 0;
        throw error;
      }
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
    return replies;
  }

  /** Checks a body. @throws RetryLater when it is not of that shape: nothing may be concluded from it. */
  read<T extends z.ZodType>(
    schema: T,
    reply: Pick<GraphReply, 'status' | 'body'>,
    what: string,
  ): z.output<T> {
    const parsed = schema.safeParse(reply.body);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues.map(i => i.path.join('.')).join(', ');
    throw new RetryLater(
      `Graph's answer ${reply.status} is not of the documented shape (${where}) when ${what}`,
    );
  }

  /** @throws SourceUnavailable when the link is not one of our own Graph. */
  refuseForeign(link: string): void {
    refuseForeign(link, this.#origin);
  }

  async #once(request: GraphRequest): Promise<GraphReply> {
    const isLink = /^https?:/i.test(request.path);
    const exchange = new Exchange(isLink ? request.path : undefined);
    const call = this.#client
      .api(isLink ? '/' : request.path)
      .version(request.version ?? 'v1.0')
      .headers(request.headers ?? {})
      .middlewareOptions([exchange])
      .responseType(ResponseType.RAW);
    let response: Response;
    try {
      if (request.method === 'GET') response = await call.get();
      else if (request.method === 'DELETE') response = await call.delete();
      else if (request.method === 'PATCH') response = await call.patch(request.body);
      else response = await call.post(request.body ?? '');
    } catch (error) {
      throw exchange.failure ?? error;
    }
    const text = await response.text();
    return { status: response.status, body: parse(text), header: name => response.headers.get(name) };
  }

  async #batchChunk(
    chunk: readonly number[],
    requests: readonly { method: string; path: string; body?: unknown }[],
    replies: GraphReply[],
    what: string,
  ): Promise<void> {
    const budget = new RetryBudget();
    let open = chunk;
    while (open.length > 0) {
      const items = open.map(i => {
        const { method, path, body } = requests[i] ?? { method: 'GET', path: '/' };
        const content = body === undefined ? {} : { body, headers: { 'Content-Type': 'application/json' } };
        return { id: String(i), method, url: path, ...content };
      });
      const reply = await this.send({ method: 'POST', path: '/$batch', body: { requests: items }, what });
      if (reply.status !== 200) throw failureOf(what, reply, now());
      let asked: number | undefined;
      for (const answer of this.read(batchAnswer, reply, what).responses) {
        const headers = new Headers(answer.headers);
        if (isQuickRetry(answer.status)) {
          asked = Math.max(asked ?? 0, retryAfterMs(headers.get('retry-after'), now()) ?? 0);
          continue;
        }
        if (!open.includes(Number(answer.id))) continue;
        replies[Number(answer.id)] = {
          status: answer.status,
          body: answer.body,
          header: name => headers.get(name),
        };
      }
      open = open.filter(i => replies[i] === undefined);
      if (open.length > 0)
        await budget.wait(`Graph throttled ${open.length} items of a batch when ${what}`, asked);
    }
  }
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is as good as no body: a 200 of that kind fails its schema, an error keeps its status.
    return undefined;
  }
}
