import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { sleep } from '../../identity/clock.ts';
import { connectionString, type LocalStorage } from './azurite.ts';

/** A request to the storage account, as rules and gates see it. */
export interface StorageRequest {
  readonly service: 'blob' | 'table';
  readonly method: string;
  /** Path and query, decoded, without the account: `/links(PartitionKey='a',RowKey='b')?timeout=30`. */
  readonly path: string;
  /** The body as text. The single changes of a table transaction are in here. */
  readonly body: string;
}

/** What the proxy does to a request. */
export type ProxyAction =
  /** Answers with this status, the storage never sees the request. */
  | { readonly kind: 'fail'; readonly status: number; readonly code?: string }
  /** Has the storage apply the request and answers with this status all the same. */
  | { readonly kind: 'failAfter'; readonly status: number; readonly code?: string }
  /** Waits by the wall clock, then forwards. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Cuts the connection, the storage never sees the request. */
  | { readonly kind: 'drop' }
  /** Has the storage apply the request, then cuts the connection instead of answering. */
  | { readonly kind: 'dropResponse' };

/** A fault: the first rule that matches a request is used. */
export interface ProxyRule {
  method?: string | RegExp;
  path?: RegExp;
  body?: RegExp;
  service?: 'blob' | 'table';
  /** How often the rule is used before it no longer matches. Default: without end. Counted down by the proxy. */
  times?: number;
  action: ProxyAction;
}

/** A point in a request's way. `after` means that the storage has answered with `status`, the client has not heard. */
export type GateEvent = StorageRequest &
  ({ readonly phase: 'before' } | { readonly phase: 'after'; readonly status: number });

/** The running proxy in front of one account. */
export interface StorageProxy {
  /** Connection string of the account through the proxy. */
  readonly connectionString: string;
  readonly rules: ProxyRule[];
  /** Requests that are not answered yet. */
  readonly inFlight: number;
  /** Requests so far. */
  readonly requests: number;
  /** Called before a request is forwarded and before its answer is; the request waits for it. */
  gate?: ((event: GateEvent) => Promise<void> | void) | undefined;
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of one storage account. What no rule or gate touches is forwarded byte for byte: signatures
 * cover the path, which stays, and not the port.
 *
 * A request that has arrived is applied also when its client is gone meanwhile, as in the cloud.
 */
export async function startStorageProxy(storage: LocalStorage, account: string): Promise<StorageProxy> {
  const { name, key } = storage.account(account);
  const agent = new Agent({ keepAlive: true });
  const rules: ProxyRule[] = [];
  let inFlight = 0;
  let requests = 0;

  const serve = (service: StorageRequest['service'], targetPort: number): Promise<Server> => {
    const direct = storage.listeners?.[service];
    return listen(
      createServer((request, response) => {
        inFlight += 1;
        requests += 1;
        if (direct !== undefined && proxy.gate === undefined && !isConcerned(service, request)) {
          response.once('close', () => {
            inFlight -= 1;
          });
          direct(request, response);
          return;
        }
        handle(service, targetPort, request, response)
          .catch(() => request.socket.destroy())
          .finally(() => {
            inFlight -= 1;
          });
      }),
    );
  };

  /** Whether a rule may match, as far as can be told before the body is read. Reading and forwarding cost more than the rest. */
  const isConcerned = (
    service: StorageRequest['service'],
    { method = '', url = '/' }: IncomingMessage,
  ): boolean =>
    rules.some(rule => !isSpent(rule) && matchesHead(rule, { service, method, path: readable(url, name) }));

  const handle = async (
    service: StorageRequest['service'],
    targetPort: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = await readAll(request);
    const seen: StorageRequest = {
      service,
      method: request.method ?? '',
      path: readable(request.url ?? '/', name),
      body: body.toString('utf8'),
    };
    const action = chooseAction(rules, seen);
    await proxy.gate?.({ ...seen, phase: 'before' });
    if (action?.kind === 'drop') return void request.socket.destroy();
    if (action?.kind === 'fail') return fail(response, action.status, action.code);
    if (action?.kind === 'delay') await sleep(action.ms);

    const answer = await forward(agent, targetPort, request, body);
    await proxy.gate?.({ ...seen, phase: 'after', status: answer.status });
    if (action?.kind === 'dropResponse') return void request.socket.destroy();
    if (action?.kind === 'failAfter') return fail(response, action.status, action.code);
    response.writeHead(answer.status, answer.reason, answer.rawHeaders);
    response.end(answer.body);
  };

  const blob = await serve('blob', storage.blobPort);
  const table = await serve('table', storage.tablePort);
  const proxy: StorageProxy = {
    connectionString: connectionString(name, key, portOf(blob), portOf(table)),
    rules,
    get inFlight() {
      return inFlight;
    },
    get requests() {
      return requests;
    },
    gate: undefined,
    async close() {
      const closing = [blob, table].map(server => new Promise(resolve => server.close(resolve)));
      blob.closeAllConnections();
      table.closeAllConnections();
      agent.destroy();
      await Promise.all(closing);
    },
  };
  return proxy;
}

interface Answer {
  status: number;
  reason: string;
  rawHeaders: string[];
  body: Buffer;
}

function forward(agent: Agent, port: number, request: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const forwarded = httpRequest(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        // As received, Host included.
        headers: request.rawHeaders,
        setHost: false,
      },
      response => {
        readAll(response).then(
          bytes =>
            resolve({
              status: response.statusCode ?? 502,
              reason: response.statusMessage ?? '',
              rawHeaders: response.rawHeaders,
              body: bytes,
            }),
          reject,
        );
      },
    );
    forwarded.once('error', reject);
    forwarded.end(body);
  });
}

function chooseAction(rules: ProxyRule[], seen: StorageRequest): ProxyAction | undefined {
  for (const rule of rules) {
    if (isSpent(rule) || !matches(rule, seen)) continue;
    if (rule.times !== undefined) rule.times -= 1;
    return rule.action;
  }
  return undefined;
}

function isSpent({ times }: ProxyRule): boolean {
  return times !== undefined && times <= 0;
}

function matches(rule: ProxyRule, seen: StorageRequest): boolean {
  return matchesHead(rule, seen) && (rule.body === undefined || seen.body.search(rule.body) >= 0);
}

function matchesHead(rule: ProxyRule, seen: Omit<StorageRequest, 'body'>): boolean {
  if (rule.service !== undefined && rule.service !== seen.service) return false;
  if (typeof rule.method === 'string' && rule.method !== seen.method) return false;
  if (rule.method instanceof RegExp && seen.method.search(rule.method) < 0) return false;
  return rule.path === undefined || seen.path.search(rule.path) >= 0;
}

function fail(
  response: ServerResponse,
  status: number,
  code = status === 503 ? 'ServerBusy' : 'InternalError',
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-ms-error-code': code });
  response.end(JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } }));
}

function readable(url: string, account: string): string {
  const path = url.startsWith(`/${account}`) ? url.slice(account.length + 1) : url;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
