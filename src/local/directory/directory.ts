import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { assignmentRoutes } from './assignment-routes.ts';
import { serveBatch } from './batch.ts';
import { type GraphAnswer, type GraphCall, Query } from './call.ts';
import { deletedRoutes } from './deleted-routes.ts';
import { DeltaQueries } from './delta.ts';
import { errorBody, GraphFailure } from './errors.ts';
import { GraphFaults } from './faults.ts';
import { membershipRoutes } from './membership-routes.ts';
import { Notifier } from './notifier.ts';
import { objectRoutes } from './object-routes.ts';
import { Poster } from './post.ts';
import { dispatch, route } from './router.ts';
import { DirectoryStore } from './store.ts';
import { type SubscriptionLoss, Subscriptions } from './subscriptions.ts';
import type { DirectorySeed } from './types.ts';

export interface DirectoryOptions {
  /** 0 or absent: any free port. */
  port?: number;
  tenantId: string;
  acceptToken(token: string): boolean;
  seed?: DirectorySeed;
}

/** Stands in for Microsoft Graph: v1.0 and beta, as far as identities go. */
export interface LocalDirectory {
  /** `http://127.0.0.1:PORT`, without a version segment. */
  readonly url: string;
  /** Requests served so far; a batch counts, and so does each of its items. */
  readonly requests: number;
  /** HTTP requests being served, and notifications on their way to a first attempt. */
  readonly inFlight: number;
  /** Those among them that a fault keeps hanging. */
  readonly hanging: number;
  readonly faults: GraphFaults;
  /** The stored truth, for seeding and assertions. Writes through it notify subscribers like any other. */
  readonly store: DirectoryStore;
  /** Loses all subscriptions without a word. */
  loseSubscriptions(how: SubscriptionLoss): void;
  /** What the event says happens, and the subscriptions that have a lifecycle URL are notified of it. */
  sendLifecycle(event: 'reauthorizationRequired' | 'subscriptionRemoved' | 'missed'): void;
  close(): Promise<void>;
}

/** Largest request body. Source: "Best practices", 4 MB for a JSON request. */
const BODY_LIMIT = 4 * 1024 * 1024;
const JSON_TYPE =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

export async function startDirectory(options: DirectoryOptions): Promise<LocalDirectory> {
  const store = new DirectoryStore(options.seed);
  const poster = new Poster();
  const subscriptions = new Subscriptions(poster, () => faults);
  const notifier: Notifier = new Notifier(options.tenantId, poster, () => faults);
  const faults = new GraphFaults(() => notifier.releaseHeld());
  store.onChange = change => notifier.change(change, subscriptions.matching(change));

  let requests = 0;
  let serving = 0;
  let origin = '';

  // Delta comes first: `/users/delta` is no user of that id.
  const routes = [
    ...new DeltaQueries().routes,
    route('POST', '/$batch', call =>
      serveBatch(call, item => answer({ ...item, path: `/${call.version}${item.url}` })),
    ),
    ...objectRoutes,
    ...membershipRoutes,
    ...assignmentRoutes,
    ...deletedRoutes,
    ...subscriptions.routes,
  ];

  /** One request or batch item, faults included. @throws GraphFailure of status 0 to cut the connection. */
  async function answer(request: {
    method: string;
    path: string;
    headers: Headers;
    body: unknown;
  }): Promise<GraphAnswer> {
    requests++;
    const standard = { 'Content-Type': JSON_TYPE, 'x-ms-resource-unit': '1', 'Cache-Control': 'no-cache' };
    try {
      store.emptyBin();
      await faults.gate?.({ method: request.method, path: request.path });
      await faults.check(request.method, request.path);
      const answered = await dispatch(routes, toCall(request));
      return { ...answered, headers: { ...standard, ...answered.headers } };
    } catch (error) {
      if (error instanceof GraphFailure && error.status === 0) throw error;
      const failure =
        error instanceof GraphFailure ? error : new GraphFailure(500, 'InternalServerError', String(error));
      const body = errorBody(
        failure.code,
        failure.message,
        request.headers.get('client-request-id') ?? undefined,
      );
      return { status: failure.status, headers: { ...standard, ...failure.headers }, body };
    }
  }

  function toCall(request: { method: string; path: string; headers: Headers; body: unknown }): GraphCall {
    const [path = '', ...search] = request.path.split('?');
    const [version = '', ...segments] = path
      .split('/')
      .filter(s => s !== '')
      .map(unescapeSegment);
    if (version !== 'v1.0' && version !== 'beta') {
      throw new GraphFailure(400, 'BadRequest', 'Invalid version.');
    }
    const instant = faults.readInstant();
    if (instant < (store.log.at(-1)?.at ?? 0)) faults.felt.stale++;
    return {
      ...request,
      version,
      segments: segments.flatMap(s => keyed(store, s)),
      query: new Query(search.join('?')),
      origin,
      tenantId: options.tenantId,
      store,
      faults,
      view: store.viewAt(instant, faults.showHiddenMembership),
    };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    serving++;
    response.on('close', () => serving--);
    const headers = new Headers(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const requestId = randomUUID();
    const common = {
      'request-id': requestId,
      'client-request-id': headers.get('client-request-id') ?? requestId,
    };
    try {
      const body = await readJson(request);
      const refused = authenticate(headers.get('authorization'), options.acceptToken);
      const result =
        refused ??
        (await answer({ method: request.method ?? 'GET', path: request.url ?? '/', headers, body }));
      response.writeHead(result.status, { 'Content-Type': JSON_TYPE, ...common, ...result.headers });
      response.end(result.body === undefined ? undefined : JSON.stringify(result.body));
    } catch {
      // A fault of status 0, or a client that went away: the connection breaks without an answer.
      response.destroy();
    }
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: origin,
    get requests() {
      return requests;
    },
    get inFlight() {
      return serving + notifier.inFlight;
    },
    get hanging() {
      return faults.hanging;
    },
    faults,
    store,
    loseSubscriptions: how => subscriptions.lose(how),
    sendLifecycle(event) {
      const told = subscriptions.live();
      subscriptions.happens(event);
      for (const s of told) notifier.lifecycle(event, s);
    },
    async close() {
      notifier.close();
      poster.close();
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function authenticate(header: string | null, accept: (token: string) => boolean): GraphAnswer | undefined {
  const token = /^Bearer\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (token !== undefined && accept(token)) return undefined;
  const message =
    token === undefined ? 'Access token is empty.' : 'CompactToken parsing failed with error code: 80049217';
  return {
    status: 401,
    headers: {
      'WWW-Authenticate':
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"',
    },
    body: errorBody('InvalidAuthenticationToken', message, undefined),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new Error('too large');
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    // Left for the route: those that need a body refuse what is no object.
    return undefined;
  }
}

function unescapeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GraphFailure(400, 'BadRequest', 'The request URI is not valid.');
  }
}

/** `users('id')` and `servicePrincipals(appId='…')` are other spellings of `users/id`. */
function keyed(store: DirectoryStore, segment: string): string[] {
  const match = /^(\w+)\((?:(\w+)=)?'((?:[^']|'')*)'\)$/.exec(segment);
  const [, set, property, quoted] = match ?? [];
  if (set === undefined || quoted === undefined) return [segment];
  const value = quoted.replaceAll("''", "'");
  if (property?.toLowerCase() !== 'appid') return [set, value];
  const app = store.truth.list('servicePrincipal').find(o => o.properties.appId === value);
  return [set, app?.id ?? value];
}
