import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { settleInstant } from '../../src/messaging/message.ts';
import { type NotificationWorker, startNotificationWorker } from './notification-worker.ts';

const WINDOW_MS = 2_000;
let app: NotificationWorker;

beforeAll(async () => {
  app = await startNotificationWorker();
});
afterAll(() => app[Symbol.asyncDispose]());

async function status(body: unknown, headers?: Record<string, string>): Promise<number> {
  const response = await app.post(body, headers);
  await response.arrayBuffer();
  return response.status;
}

describe('the validation handshake', () => {
  const handshake = (token: string): Promise<Response> =>
    fetch(`${app.url}?validationToken=${token}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
    });

  test.each([
    ['plain', 'abc-DEF_123', 'abc-DEF_123'],
    [
      'as Graph sends it',
      'Validation%3A+Testing+client+application+reachability.',
      'Validation: Testing client application reachability.',
    ],
    ['in other letters', 'Zo%C3%AB%20%F0%9F%A6%8A', 'Zoë 🦊'],
    ['with a plus', 'a%2Bb', 'a+b'],
    [
      'that means something to a browser',
      '%3Cscript%3E%22%27%26%3C%2Fscript%3E',
      '&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;',
    ],
  ])('gives the token back, decoded and harmless: %s', async (_, token, expected) => {
    const asked = performance.now();
    const response = await handshake(token);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(expected);
    expect(performance.now() - asked).toBeLessThan(1_000);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain\b/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('refuses a token that is longer than any real one', async () => {
    expect((await handshake('x'.repeat(2_049))).status).toBe(400);
  });

  test('is passed when Graph itself asks, and what it then reports is queued', async () => {
    await app.subscribe('/groups');
    const { id } = app.cloud.directory.store.addGroup({ displayName: 'Data', securityEnabled: true });
    await vi.waitFor(async () => expect(await app.queued(id)).toHaveLength(1), { timeout: 10_000 });
  });
});

describe('a notification', () => {
  test('is queued before it is answered with 202', async () => {
    const id = randomUUID();
    const from = Date.now();
    expect(await status({ value: [app.item(`Users/${id}`)] })).toBe(202);
    expect(Date.now() - from).toBeLessThan(1_000);
    const [look, ...others] = await app.queued(id);
    expect(others).toEqual([]);
    expect(look).toMatchObject({
      cause: 'notification',
      principal: { kind: 'user', id },
      target: expect.stringMatching(/^account-/),
    });
    expect(look?.heardAt).toBeGreaterThanOrEqual(from);
    expect(look?.notBefore).toBeGreaterThan(from + 1_000);
  });

  test('may hold several items of several kinds', async () => {
    const [user, group, related] = [randomUUID(), randomUUID(), randomUUID()];
    const items = [
      app.item(`Users/${user}`),
      app.item(`Groups/${group}`, { changeType: 'deleted' }),
      app.item(`groups/${related}/members`),
    ];
    expect(await status({ value: items })).toBe(202);
    for (const [id, kind] of [
      [user, 'user'],
      [group, 'group'],
      [related, 'group'],
    ] as const) {
      expect((await app.queued(id)).map(({ principal }) => principal.kind)).toEqual([kind]);
    }
  });

  test('and its like in one settle window are one message', async () => {
    for (;;) {
      const id = randomUUID();
      const window = settleInstant(Date.now(), WINDOW_MS);
      const body = { value: [app.item(`Users/${id}`), app.item(`Users/${id}`)] };
      expect(await Promise.all([status(body), status(body), status(body)])).toEqual([202, 202, 202]);
      if (settleInstant(Date.now(), WINDOW_MS) !== window) continue;
      expect(await app.queued(id)).toHaveLength(1);
      return;
    }
  });

  test.each<[string, object]>([
    ['without the secret', { clientState: undefined }],
    ['with a secret of our length', { clientState: 'x'.repeat(32) }],
    ['with an empty secret', { clientState: '' }],
    ['of another tenant', { tenantId: randomUUID() }],
    ['about something that is not provisioned', { resource: 'Users/x/Messages/y' }],
  ])('%s is answered with 202 and dropped, and the rest of the body counts', async (_, more) => {
    const [dropped, kept] = [randomUUID(), randomUUID()];
    const before = (await app.peek()).length;
    expect(await status({ value: [app.item(`Users/${dropped}`, more), app.item(`Users/${kept}`)] })).toBe(
      202,
    );
    expect(await app.queued(dropped)).toEqual([]);
    expect(await app.queued(kept)).toHaveLength(1);
    expect((await app.peek()).length).toBe(before + 1);
  });
});

describe('a lifecycle notification', () => {
  const lifecycle = (subscriptionId: string, lifecycleEvent: string, more: object = {}): object => ({
    value: [
      { subscriptionId, lifecycleEvent, clientState: app.clientState, tenantId: app.tenantId, ...more },
    ],
  });

  test('that asks for it has the subscription renewed', async () => {
    const id = await app.subscribe(`/users/${randomUUID()}`);
    expect(await status(lifecycle(id, 'reauthorizationRequired'))).toBe(202);
    expect((await app.expiresAt(id)) - Date.now()).toBeGreaterThan(20 * 86_400_000);
  });

  test('without the secret has nothing renewed', async () => {
    const id = await app.subscribe(`/users/${randomUUID()}`);
    expect(await status(lifecycle(id, 'reauthorizationRequired', { clientState: 'wrong' }))).toBe(202);
    expect((await app.expiresAt(id)) - Date.now()).toBeLessThan(86_400_000);
  });

  test('about a subscription that is gone is not asked for again', async () => {
    expect(await status(lifecycle(randomUUID(), 'reauthorizationRequired'))).toBe(202);
  });

  test.each(['missed', 'subscriptionRemoved', 'somethingNew'])(
    'of the kind %s queues nothing',
    async event => {
      const before = (await app.peek()).length;
      expect(await status(lifecycle(randomUUID(), event))).toBe(202);
      expect((await app.peek()).length).toBe(before);
    },
  );

  test('is refused in time while Graph does not answer', async () => {
    const id = await app.subscribe(`/users/${randomUUID()}`);
    const { promise: mayGoOn, resolve } = Promise.withResolvers<void>();
    app.cloud.directory.faults.gate = ({ method }) => (method === 'PATCH' ? mayGoOn : undefined);
    const asked = performance.now();
    expect(await status(lifecycle(id, 'reauthorizationRequired'))).toBe(503);
    expect(performance.now() - asked).toBeLessThan(3_000);
    resolve();
    app.cloud.directory.faults.gate = undefined;
  });
});

describe('what is no notification', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['another document', { hello: 'world' }],
    ['an item without a subscription', { value: [{ resource: 'Users/x' }] }],
    ['null', 'null'],
  ])('is refused with 400: %s', async (_, body) => {
    expect(await status(body)).toBe(400);
  });

  test('is refused with 413 when it is huge, whatever it holds', async () => {
    const padded = (length: number): string => `{"value":[]${' '.repeat(length)}}`;
    expect(await status(padded(1_100_000))).toBe(413);
    expect(await status(padded(1_000_000))).toBe(202);
  });

  test.each(['GET', 'PUT', 'DELETE'])('is not even looked at when it comes as %s', async method => {
    const response = await fetch(`${app.url}?validationToken=x`, { method });
    expect(response.status).toBe(404);
    expect(await response.text()).not.toBe('x');
  });
});

test('while the queue cannot be reached it is 503 within three seconds, and 202 again afterwards', async () => {
  const [lost, kept] = [randomUUID(), randomUUID()];
  await app.cloud.broker.setUnreachable(true);
  const asked = performance.now();
  const response = await app.post({ value: [app.item(`Users/${lost}`)] });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('5');
  expect(performance.now() - asked).toBeLessThan(3_000);
  await response.arrayBuffer();
  await app.cloud.broker.setUnreachable(false);
  await vi.waitFor(async () => expect(await status({ value: [app.item(`Users/${kept}`)] })).toBe(202), {
    timeout: 15_000,
  });
  expect(await app.queued(kept)).not.toEqual([]);
});

test('no secret and no token was logged', async () => {
  const logged = app.logs.join('\n');
  expect(logged).toContain('notifications-dropped');
  for (const secret of [
    app.clientState,
    app.cloud.settings.DATABRICKS_SCIM_TOKEN,
    'SharedAccessKey=',
    'AccountKey=',
  ]) {
    expect(logged).not.toContain(secret);
  }
});
