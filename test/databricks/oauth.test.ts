import type { RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { classifyFailure } from '../../src/databricks/failure.ts';
import type { SecretSource } from '../../src/databricks/secret-source.ts';
import type { SignIn } from '../../src/databricks/sign-in.ts';
import { accountTokenUrl, workspaceTokenUrl } from '../../src/databricks/token-endpoint.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { type Place, startPlace } from './door.ts';
import { CLIENT_ID, startTokenServer, type TokenServer } from './token-server.ts';

const HOUR = 3_600_000;
let clock: TestClock;
let place: Place;
let tokens: TokenServer;

beforeEach(async () => {
  clock = createTestClock();
  clock.install();
  place = await startPlace();
  tokens = await startTokenServer(token => place.door.accepts.add(token));
  tokens.secrets.add('new');
});
afterEach(async () => {
  await tokens.close();
  await place.close();
  clock.dispose();
});

const open = (secret: SecretSource = { kind: 'values', values: ['new', 'old'] }): SignIn =>
  place.signIns.open({
    kind: 'oauth',
    clientId: CLIENT_ID,
    secret,
    tokenUrl: workspaceTokenUrl(tokens.host),
  });

const outcome = (signIn: SignIn): Promise<string> =>
  place.door
    .client(signIn)
    .get('Users', '1')
    .then(
      () => 'ok',
      (error: unknown) => String(classifyFailure(error, { operation: 'get' })),
    );

describe('an OAuth token', () => {
  test('is asked for as the vendor asks, once for all who wait', async () => {
    const signIn = open();
    const first = Promise.withResolvers<void>();
    tokens.gate = first.promise;
    const requests = Array.from({ length: 10 }, () => outcome(signIn));
    await expect.poll(() => tokens.asked.length).toBe(1);
    first.resolve();
    expect(await Promise.all(requests)).toEqual(Array(10).fill('ok'));
    expect(tokens.asked).toEqual([
      {
        authorization: `Basic ${Buffer.from(`${CLIENT_ID}:new`).toString('base64')}`,
        body: 'grant_type=client_credentials&scope=all-apis',
        type: 'application/x-www-form-urlencoded',
      },
    ]);
  });

  test('is replaced before its end, and kept to the end when there is no other', async () => {
    const signIn = open();
    await outcome(signIn);
    clock.advance(HOUR - 3 * 60_000);
    await outcome(signIn);
    expect(tokens.asked).toHaveLength(1);
    tokens.instead = (_request, response) => response.writeHead(503).end();
    clock.advance(2 * 60_000);
    expect(await outcome(signIn)).toBe('ok');
    clock.advance(5_000);
    expect(await outcome(signIn)).toBe('ok');
    expect(tokens.asked).toHaveLength(2);
    clock.advance(55_001);
    expect(await outcome(signIn)).toMatch(/^RetryLater: no access token for the target: 503 /);
    tokens.instead = undefined;
    clock.advance(10_001);
    expect(await outcome(signIn)).toBe('ok');
    expect(place.door.tried.at(-1)).toBe(`token-${tokens.asked.length}`);
  });

  test('is replaced a little before its end', async () => {
    const signIn = open();
    await outcome(signIn);
    clock.advance(HOUR - 60_000);
    await outcome(signIn);
    expect(place.door.tried).toEqual(['token-1', 'token-2']);
  });

  test('that was revoked is replaced once, and the request goes through', async () => {
    const signIn = open();
    await outcome(signIn);
    clock.advance(10_001);
    place.door.accepts.clear();
    expect(await outcome(signIn)).toBe('ok');
    expect(place.door.tried).toEqual(['token-1', 'token-1', 'token-2']);
  });

  test('that is refused again and again is not asked for again and again', async () => {
    const signIn = open();
    await outcome(signIn);
    tokens.instead = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: `useless-${tokens.asked.length}`, expires_in: 3_600 }));
    place.door.accepts.clear();
    clock.advance(10_001);
    for (let i = 0; i < 5; i += 1) {
      expect(await outcome(signIn)).toMatch(
        /^TargetUnavailable: .*401; not accepted: the Databricks service principal 11111111-/,
      );
    }
    expect(tokens.asked).toHaveLength(2);
  });
});

describe('a client secret', () => {
  test.each([
    ['new', 401],
    ['old', 401],
    ['old', 400],
  ] as const)('of which there are two works whichever is taken: %s, after a %i', async (good, status) => {
    tokens.secrets = new Set([good]);
    tokens.refusal = status;
    expect(await outcome(open())).toBe('ok');
    expect(tokens.asked).toHaveLength(good === 'new' ? 1 : 2);
  });

  test('that was revoked after its successor was stored is replaced when the next token is due', async () => {
    tokens.secrets = new Set(['old']);
    place.vault.set('client-secret', 'old');
    const signIn = open({ kind: 'keyVault', secretUrl: place.vault.secretUrl('client-secret') });
    expect(await outcome(signIn)).toBe('ok');
    // Within the minutes for which the vault is not read.
    clock.advance(HOUR);
    expect(await outcome(signIn)).toBe('ok');
    clock.advance(1_000);
    place.vault.set('client-secret', 'new');
    tokens.secrets = new Set(['new']);
    place.door.accepts.clear();
    clock.advance(10_001);
    expect(await outcome(signIn)).toBe('ok');
    expect(place.vault.requests.list).toBe(3);
  });

  test('that nobody takes any more makes the target unavailable, and says what to check', async () => {
    tokens.secrets.clear();
    const text = await outcome(open());
    expect(text).toMatch(
      /^TargetUnavailable: no access token for the target: 401 \(invalid_client\) from http.*\/oidc\/v1\/token for client 11111111-.*check/,
    );
    expect(text).not.toContain('not that one');
    expect(place.door.tried).toEqual([]);
  });
});

describe('a token endpoint', () => {
  test('that is busy is left alone for as long as it asks', async () => {
    tokens.instead = (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end();
    const signIn = open();
    const error = await place.door
      .client(signIn)
      .get('Users', '1')
      .catch((reason: unknown) => reason);
    expect(classifyFailure(error, { operation: 'get' })).toMatchObject({
      name: 'RetryLater',
      afterMs: 7_000,
    });
    clock.advance(6_000);
    expect(await outcome(signIn)).toMatch(/^RetryLater/);
    expect(tokens.asked).toHaveLength(1);
    clock.advance(1_001);
    tokens.instead = undefined;
    expect(await outcome(signIn)).toBe('ok');
  });

  test.each<[string, RequestListener, RegExp]>([
    ['is not one', (_q, s) => void s.writeHead(404).end('<html>'), /^TargetUnavailable: .*404/],
    [
      'leads elsewhere',
      (_q, s) => void s.writeHead(302, { location: '/login' }).end(),
      /^TargetUnavailable: .*302/,
    ],
    ['hangs up', q => void q.socket.destroy(), /^RetryLater: .*\(RestError ECONNRESET\)/],
    [
      'gives a page',
      (_q, s) => void s.writeHead(200).end('<html>secret</html>'),
      /^RetryLater: .*holds none/,
    ],
    [
      'gives no token',
      (_q, s) => void s.writeHead(200).end('{"access_token":""}'),
      /^RetryLater: .*holds none/,
    ],
  ])('that %s is named', async (_what, listener, expected) => {
    tokens.instead = listener;
    const text = await outcome(open());
    expect(text).toMatch(expected);
    expect(text).not.toMatch(/secret|login/);
    expect(place.door.tried).toEqual([]);
  });

  test('whose tokens are over when they come says so instead of sending them', async () => {
    tokens.instead = (_request, response) => {
      clock.advance(2 * HOUR);
      response.writeHead(200).end('{"access_token":"late","expires_in":3600}');
    };
    expect(await outcome(open())).toMatch(/^RetryLater: .*has expired/);
  });

  test.each(['http://accounts.azuredatabricks.net/oidc/v1/token', 'accounts', 'https://u:p@host/token'])(
    'is refused at %s',
    tokenUrl => {
      const secret = { kind: 'values', values: ['x'] } as const;
      expect(() => place.signIns.open({ kind: 'oauth', clientId: CLIENT_ID, secret, tokenUrl })).toThrow(
        ConfigurationError,
      );
    },
  );

  test('has its place in accounts and in workspaces', () => {
    expect(accountTokenUrl('https://accounts.azuredatabricks.net', '8b3c')).toBe(
      'https://accounts.azuredatabricks.net/oidc/accounts/8b3c/v1/token',
    );
    expect(workspaceTokenUrl('https://adb-1.2.azuredatabricks.net/')).toBe(
      'https://adb-1.2.azuredatabricks.net/oidc/v1/token',
    );
  });
});
