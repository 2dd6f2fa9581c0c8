import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { ScimClient, type ScimClientOptions } from '../../src/scim/client.ts';
import { bearer } from './bearer.ts';

const TOKEN = 'the-secret-token';
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/v2`;
}

function clientOf(baseUrl: string, options: Partial<ScimClientOptions> = {}): ScimClient {
  return new ScimClient({ baseUrl, authorization: bearer(TOKEN), allowInsecureConnection: true, ...options });
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('expected a failure'),
    (error: unknown) => error,
  );

describe('no answer', () => {
  test('in time is a timeout; a write may have been applied, a read changes nothing', async () => {
    const client = clientOf(await serve(() => {}), { readTimeoutMs: 30, writeTimeoutMs: 30 });
    expect(await failure(client.get('Users', '1'))).toMatchObject({ kind: 'timeout', mayHaveApplied: false });
    expect(await failure(client.delete('Users', '1'))).toMatchObject({
      kind: 'timeout',
      mayHaveApplied: true,
    });
  });

  test('to the end, though it began, is a timeout too', async () => {
    const baseUrl = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id": ');
    });
    const client = clientOf(baseUrl, { readTimeoutMs: 50 });
    expect(await failure(client.get('Users', '1'))).toMatchObject({ kind: 'timeout' });
  });

  test('from a port where nobody listens cannot have applied a write', async () => {
    const baseUrl = await serve(() => {});
    const server = servers.pop();
    await new Promise(resolve => server?.close(resolve));
    expect(await failure(clientOf(baseUrl).delete('Users', '1'))).toMatchObject({
      kind: 'network',
      mayHaveApplied: false,
      message: 'SCIM DELETE Users/1: network (ECONNREFUSED)',
    });
  });

  test('but a reset may have applied a write', async () => {
    const client = clientOf(await serve(request => request.socket.resetAndDestroy()));
    expect(await failure(client.create('Users', {}))).toMatchObject({
      kind: 'network',
      mayHaveApplied: true,
    });
  });

  test('that a caller gave up waiting for is the reason he gave', async () => {
    const client = clientOf(await serve(() => {}));
    const stop = new AbortController();
    const answer = failure(client.get('Users', '1', { signal: stop.signal }));
    const reason = new Error('lease lost');
    stop.abort(reason);
    expect(await answer).toBe(reason);
    expect(await failure(client.get('Users', '1', { signal: stop.signal }))).toBe(reason);
  });
});

test.each([
  ['plain', (body: string) => [Buffer.from(body), {}] as const],
  ['compressed', (body: string) => [gzipSync(body), { 'content-encoding': 'gzip' }] as const],
])('an answer that is larger than allowed is cut off: %s', async (_how, encode) => {
  const [body, headers] = encode(JSON.stringify({ id: '1', displayName: 'x'.repeat(100_000) }));
  const baseUrl = await serve((_request, response) => response.writeHead(200, headers).end(body));
  expect(await failure(clientOf(baseUrl, { maxResponseBytes: 50_000 }).get('Groups', '1'))).toMatchObject({
    kind: 'protocol',
    message: 'SCIM GET Groups/1: protocol (answer larger than 50000 bytes)',
  });
  expect((await clientOf(baseUrl).get('Groups', '1'))?.displayName).toHaveLength(100_000);
});

test.each([429, 500, 503, 301, 307])('a %i is neither retried nor followed', async status => {
  let requests = 0;
  const baseUrl = await serve((_request, response) => {
    requests += 1;
    response.writeHead(status, { 'retry-after': '2', location: '/elsewhere' }).end();
  });
  const client = clientOf(baseUrl);
  expect(await failure(client.create('Users', {}))).toMatchObject({ status, retryAfterMs: 2_000 });
  expect([requests, client.requestCount]).toEqual([1, 1]);
});

test('bodies are SCIM, answers may be SCIM or JSON, and the product is named', async () => {
  let seen: Record<string, unknown> = {};
  const baseUrl = await serve((request, response) => {
    seen = request.headers;
    response.writeHead(201).end('{"id":"1"}');
  });
  await clientOf(`${baseUrl}/`, { userAgent: 'provisioning/1.0' }).create('Users', {});
  expect(seen).toMatchObject({
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/scim+json; charset=utf-8',
    accept: 'application/scim+json, application/json',
  });
  expect(seen['user-agent']).toMatch(/^provisioning\/1\.0 /);
});

test('no error shows a token, a body, a filter value or what the target said', async () => {
  const detail = 'User with email ada@contoso.com already exists';
  const baseUrl = await serve((request, response) => {
    if (request.method === 'DELETE') request.socket.resetAndDestroy();
    else
      response
        .writeHead(409, { 'content-type': 'application/json' })
        .end(JSON.stringify({ detail, scimType: detail }));
  });
  const client = clientOf(baseUrl);
  const errors = [
    await failure(client.create('Users', { userName: 'ada@contoso.com' })),
    await failure(client.find('Users', 'userName', 'ada@contoso.com')),
    await failure(client.delete('Users', '1')),
  ];
  expect(errors[0]).toMatchObject({ detail, scimType: detail });
  for (const error of errors) {
    const { scimType: _, ...shown } = error as { scimType?: string };
    const text = [
      String(error),
      inspect(shown, { depth: 9, showHidden: true }),
      JSON.stringify(shown),
    ].join();
    expect(text).not.toMatch(/ada|contoso|the-secret-token|already exists/);
  }
});

test.each([
  ['http to another machine', 'http://accounts.azuredatabricks.net/scim/v2', true],
  ['http that was not allowed', 'http://127.0.0.1:1/scim/v2', false],
  ['a query', 'https://accounts.azuredatabricks.net/scim/v2?x=1', false],
  ['credentials in the URL', 'https://user:pass@accounts.azuredatabricks.net/scim/v2', false],
  ['no URL', 'accounts.azuredatabricks.net', false],
  ['another scheme', 'ftp://accounts.azuredatabricks.net/', false],
])('a base URL with %s is refused', (_what, baseUrl, allowInsecureConnection) => {
  expect(() => clientOf(baseUrl, { allowInsecureConnection })).toThrow(ConfigurationError);
});
