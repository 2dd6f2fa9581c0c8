import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Binding, HttpCookie, HttpData, InvocationResponse, TypedData } from './core-types.ts';
import { compileRoute, type Route } from './route.ts';

/** Longest request body in bytes. Source: Functions documentation, "HTTP trigger limits": 100 MB. */
const BODY_LIMIT = 104_857_600;

/** The HTTP front of the host. */
export interface HttpFront {
  add(name: string, binding: Binding): void;
  /** Takes a free port when `port` is in use. @returns the base URL, without a slash at the end. */
  listen(port: number): Promise<string>;
  /** New requests are answered with 503 from now on. */
  stop(): void;
  close(): Promise<void>;
}

/** What the front needs from the host. */
export interface HttpFrontOptions {
  routePrefix: string;
  /** Key of functions with `authLevel` function or admin. */
  functionKey: string;
  run(name: string, inputs: Record<string, TypedData>): Promise<InvocationResponse>;
  hasTimer(name: string): boolean;
  fireTimer(name: string): void;
}

interface Endpoint {
  name: string;
  binding: Binding;
  methods: Set<string>;
  route: Route;
}

/** Serves the HTTP triggers and `POST /admin/functions/{name}`. */
export function createHttpFront(options: HttpFrontOptions): HttpFront {
  const endpoints: Endpoint[] = [];
  let stopped = false;
  let server: Server | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`);
    if (stopped) return end(response, 503);
    const admin = /^\/admin\/functions\/([^/]+)$/.exec(url.pathname);
    if (admin?.[1]) return handleAdmin(decodeURIComponent(admin[1]), request, response);

    for (const endpoint of endpoints) {
      const params = endpoint.route.match(url.pathname);
      // A method that is not declared is answered like an unknown route: 404, not 405.
      if (params === undefined || !endpoint.methods.has(request.method ?? '')) continue;
      return invoke(endpoint, params, url, request, response);
    }
    end(response, 404);
  };

  const invoke = async (
    endpoint: Endpoint,
    params: Record<string, string>,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const key = request.headers['x-functions-key'] ?? url.searchParams.get('code');
    if (endpoint.binding.authLevel !== 'anonymous' && key !== options.functionKey) return end(response, 401);
    const body = await readBody(request);
    if (body === undefined) return end(response, 413);
    const http = toRpcRequest(request, url, params, body);
    let result: InvocationResponse;
    try {
      result = await options.run(endpoint.name, { [endpoint.binding.name ?? 'httpTrigger']: { http } });
    } catch {
      return end(response, 500);
    }
    sendResponse(response, result.returnValue?.http);
  };

  const handleAdmin = async (
    name: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    if (request.method !== 'POST') return end(response, 404);
    if (!options.hasTimer(name)) return end(response, 404);
    const body = await readBody(request);
    if (body === undefined) return end(response, 413);
    try {
      if (typeof JSON.parse(body.toString('utf8')) !== 'object') return end(response, 400);
    } catch {
      return end(response, 400);
    }
    options.fireTimer(name);
    end(response, 202);
  };

  return {
    add(name, binding) {
      const methods = Array.isArray(binding.methods) ? binding.methods : ['GET', 'POST'];
      endpoints.push({
        name,
        binding,
        methods: new Set(methods.map(method => String(method).toUpperCase())),
        route: compileRoute(options.routePrefix, String(binding.route ?? name)),
      });
    },
    async listen(port) {
      server = createServer((request, response) => {
        handle(request, response).catch(() => end(response, 500));
      });
      const listening = server;
      await listen(listening, port).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error;
        return listen(listening, 0);
      });
      return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    },
    stop() {
      stopped = true;
    },
    async close() {
      stopped = true;
      const closing = server;
      if (closing === undefined) return;
      server = undefined;
      closing.closeAllConnections();
      await new Promise(resolve => closing.close(resolve));
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The whole body, or `undefined` when it is longer than the host takes. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toRpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Record<string, string>,
  body: Buffer,
): HttpData {
  const nullableHeaders: HttpData['nullableHeaders'] = {};
  for (const [name, value] of Object.entries(request.headersDistinct)) {
    nullableHeaders[name] = { value: value?.join(',') ?? '' };
  }
  const nullableQuery: HttpData['nullableQuery'] = {};
  for (const name of new Set(url.searchParams.keys())) {
    // Repeated parameters arrive joined by commas, as in StringValues.ToString().
    nullableQuery[name] = { value: url.searchParams.getAll(name).join(',') };
  }
  const nullableParams: HttpData['nullableParams'] = {};
  for (const [name, value] of Object.entries(params)) nullableParams[name] = { value };
  const http: HttpData = {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders,
    nullableQuery,
    nullableParams,
  };
  // The host passes a body on only when the request declares its length: a chunked one arrives empty.
  // Source: azure-functions-host, GrpcMessageConversionExtensions.ToRpcHttp.
  if (Number(request.headers['content-length'] ?? 0) > 0) http.body = { bytes: body };
  return http;
}

function sendResponse(response: ServerResponse, http: HttpData | undefined): void {
  // A function that returns nothing.
  if (http === undefined) {
    end(response, 204);
    return;
  }
  for (const [name, value] of Object.entries(http.headers ?? {})) {
    if (!/^(?:transfer-encoding|connection|keep-alive|content-length)$/i.test(name))
      response.setHeader(name, value);
  }
  const cookies = (http.cookies ?? []).map(cookie);
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(Number(http.statusCode ?? 200));
  response.end(http.body?.bytes ?? http.body?.string ?? '');
}

function cookie(from: HttpCookie): string {
  const parts = [`${from.name}=${encodeURIComponent(from.value)}`];
  if (from.maxAge?.value !== undefined) parts.push(`Max-Age=${from.maxAge.value}`);
  if (from.domain?.value) parts.push(`Domain=${from.domain.value}`);
  if (from.path?.value) parts.push(`Path=${from.path.value}`);
  if (from.expires?.value) parts.push(`Expires=${new Date(from.expires.value.seconds * 1000).toUTCString()}`);
  if (from.httpOnly?.value) parts.push('HttpOnly');
  if (from.secure?.value) parts.push('Secure');
  if (from.sameSite && from.sameSite !== 'none') {
    parts.push(`SameSite=${from.sameSite === 'explicitNone' ? 'None' : from.sameSite}`);
  }
  return parts.join('; ');
}

function end(response: ServerResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}
