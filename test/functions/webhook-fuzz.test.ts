import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KeptMemory, measureKeptMemory } from '../harness/kept-memory.ts';
import { type NotificationWorker, startNotificationWorker } from './notification-worker.ts';

/** What the worker may have on its heap at any moment, a quarter of what the smallest instance has (MiB). */
const HEAP_LIMIT = 128;

let memory: KeptMemory;
let app: NotificationWorker;
beforeAll(async () => {
  memory = measureKeptMemory(HEAP_LIMIT);
  app = await startNotificationWorker(memory.env);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  memory.dispose();
});

interface Request {
  readonly method: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Large;
  /** Without a declared length. */
  readonly chunked: boolean;
}

/** Bodies of megabytes, by name, so that a failure can be read. */
const large = {
  'brackets that are never closed': '['.repeat(500_000),
  'lists in lists': `{"value":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
  'more items than are taken': `{"value":[${'{"subscriptionId":"x"},'.repeat(40_000)}{"subscriptionId":"x"}]}`,
  'as many items as are taken': `{"value":[${'{"subscriptionId":"x"},'.repeat(1_999)}{"subscriptionId":"x"}]}`,
  'more than is read': `{"value":[],"x":"${'y'.repeat(3_000_000)}"}`,
};
interface Large {
  readonly large: keyof typeof large;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  readonly ms: number;
}

/** Past `fetch`, which refuses to send much of what a stranger may send. */
function send({ method, query, headers, body, chunked }: Request): Promise<Answer> {
  const sent = performance.now();
  const bytes = typeof body === 'object' && 'large' in body ? large[body.large] : body;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(bytes)) };
    const call = request(
      `${app.url}${query}`,
      {
        method,
        headers: { ...headers, ...(chunked ? { 'transfer-encoding': 'chunked' } : length) },
        agent: false,
      },
      response => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            text: Buffer.concat(chunks).toString(),
            ms: performance.now() - sent,
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(bytes);
  });
}

/** What is not the secret, however close. */
const wrongSecret = (secret: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.string({ maxLength: 200 }).filter(text => text !== secret),
    fc.constantFrom<unknown>(
      secret.slice(1),
      `${secret} `,
      ` ${secret}`,
      `${secret}\u0000`,
      secret.toUpperCase() === secret ? secret.toLowerCase() : secret.toUpperCase(),
      [secret],
      { toString: secret },
      { $eq: secret },
      null,
      true,
      0,
      'x'.repeat(100_000),
    ),
  );

/** One in the right form about somebody, as a forger would send it; but for the secret, all of it may be right. */
const forgery = (secret: string): fc.Arbitrary<unknown> =>
  fc.record(
    {
      subscriptionId: fc.uuid(),
      clientState: wrongSecret(secret),
      tenantId: fc.constantFrom(app.tenantId, app.tenantId.toUpperCase()),
      changeType: fc.constantFrom('updated', 'deleted', 'created'),
      resource: fc.constantFrom('Users/', 'groups/').map(prefix => prefix + randomUUID()),
    },
    { requiredKeys: ['subscriptionId', 'clientState', 'resource'] },
  );

const anyItem = (secret: string): fc.Arbitrary<unknown> =>
  fc.record(
    {
      subscriptionId: fc.oneof(fc.string({ minLength: 1 }), fc.anything()),
      clientState: wrongSecret(secret),
      tenantId: fc.constantFrom<unknown>(app.tenantId, 1, 'other'),
      changeType: fc.constantFrom('updated', 'x'),
      lifecycleEvent: fc.constantFrom('reauthorizationRequired', 'missed', 'subscriptionRemoved', 'x', ''),
      resource: fc.oneof(fc.constantFrom("groups('", 'groups/../users/', 'users/'), fc.string()),
      resourceData: fc.oneof(
        fc.record({ '@odata.type': fc.constantFrom('#Microsoft.Graph.User', 'x'), id: fc.uuid() }),
        fc.anything(),
      ),
    },
    { requiredKeys: [] },
  );

const jsonBody = (secret: string): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.array(forgery(secret), { maxLength: 30 }).map(value => ({ value })),
      fc.array(anyItem(secret), { maxLength: 30 }).map(value => ({ value })),
      forgery(secret).map(data => ({ specversion: '1.0', data })),
      fc
        .array(forgery(secret), { maxLength: 5 })
        .map(items => items.map(data => ({ specversion: '1.0', data }))),
      fc.jsonValue(),
    )
    // Not all of what can be made has a JSON form.
    .map(
      value => JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '',
    );

const body = (secret: string): fc.Arbitrary<Request['body']> =>
  fc.oneof(
    { weight: 6, arbitrary: jsonBody(secret) },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 2_000 }) },
    { weight: 2, arbitrary: fc.string({ maxLength: 2_000, unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constantFrom('{"__proto__":{"value":[]},"value":[]}', '\ufeff{"value":[]}') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...(Object.keys(large) as Large['large'][])).map(name => ({ large: name })),
    },
  );

/** What Node's client lets through as the value of a header. */
const headerValue = fc.string({
  maxLength: 300,
  unit: fc.integer({ min: 32, max: 126 }).map(code => String.fromCharCode(code)),
});
const headers = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'content-type',
      'x-forwarded-for',
      'x-functions-key',
      'x-original-url',
      'traceparent',
      'cookie',
      'accept-encoding',
      'content-encoding',
    ),
    fc.stringMatching(/^x-[a-z]{1,20}$/),
  ),
  headerValue,
  { maxKeys: 8 },
);

const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('validationToken', 'validationtoken', 'VALIDATIONTOKEN', 'code', 'x'),
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc
            .array(fc.constantFrom('<script>', '</', '"', "'", '&', '>', '&lt;', '\r\n', 'a'), {
              maxLength: 8,
            })
            .map(parts => parts.join('')),
        ),
      )
      .map(([name, value]) => `?${new URLSearchParams([[name, value]])}`),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^\?[!-~]{0,100}$/).filter(text => !/[^!-~]|#/.test(text)) },
);

test.skipIf(process.platform === 'win32')(
  'whatever strangers send: nothing is queued, no answer but the documented ones, in bounded time and memory',
  async () => {
    const anyRequest = fc.record<Request>({
      method: fc.constantFrom('POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
      query,
      headers,
      body: body(app.clientState),
      chunked: fc.boolean(),
    });
    // Of other methods the host reads no body: it has answered, and is gone, before a large one is sent.
    const requests = anyRequest.map(sent =>
      typeof sent.body === 'object' && 'large' in sent.body ? { ...sent, method: 'POST' } : sent,
    );
    const seen = new Map<number, number>();
    const harmless = fc.asyncProperty(requests, async sent => {
      const { status, retryAfter, text, ms } = await send(sent);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      expect([200, 202, 400, 404, 413, 503]).toContain(status);
      if (status === 503) expect(retryAfter).toBe('5');
      // In which Graph has long given up: the function's own bound is two seconds, the rest is for a busy machine.
      expect(ms).toBeLessThan(10_000);
      const token = new URL(`http://host/${sent.query}`).searchParams.get('validationToken');
      if (status !== 200) expect(text).toBe('');
      else expect(token).not.toBeNull();
      expect(text).not.toMatch(/[<>"']/);
    });
    // One for each way through the function, besides what chance brings.
    const plain: Request = { method: 'POST', query: '', headers: {}, body: '', chunked: false };
    const examples: Request[] = [
      { ...plain, query: '?validationToken=%3Cscript%3E' },
      {
        ...plain,
        body: JSON.stringify({ value: [app.item(`Users/${randomUUID()}`, { clientState: 'x' })] }),
      },
      { ...plain, body: '{' },
      { ...plain, method: 'GET' },
      { ...plain, body: { large: 'more than is read' } },
    ];
    await fc.assert(harmless, { numRuns: 150, examples: examples.map(sent => [sent]) });
    const kept = async (): Promise<number> =>
      memory.of(app.worker.process.pid ?? expect.fail('it has ended'));
    const warm = await kept();
    await fc.assert(harmless, { numRuns: 150 });
    for (let round = 0; round < 20; round += 1)
      for (const name of Object.keys(large) as Large['large'][]) {
        const { status } = await send({ ...plain, body: { large: name } });
        expect([202, 400, 413], name).toContain(status);
      }
    // A worker that kept so much as one body in four would have more than this by now.
    expect((await kept()) - warm).toBeLessThan(10);

    for (const status of [200, 202, 400, 404, 413]) expect(seen.get(status), `${status}`).toBeGreaterThan(0);
    expect(await app.peek()).toEqual([]);

    // And the same worker still takes what Graph sends.
    const id = randomUUID();
    expect((await app.post({ value: [app.item(`Users/${id}`)] })).status).toBe(202);
    expect(await app.queued(id)).toHaveLength(1);
  },
);
