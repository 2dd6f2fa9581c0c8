import type { RequestListener } from 'node:http';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { appCredential } from '../../src/directory/app-credential.ts';
import { attacks, type HostileServer, redirectTo, startHostileServer } from './hostile-server.ts';

const SCOPE = 'https://graph.microsoft.com/.default';

/** The SDK keeps the first address that it finds for as long as the process lives: all tests share this server. */
let attack: RequestListener = (_, response) => void response.end();
let server: HostileServer | undefined;

async function startEndpoint(): Promise<HostileServer> {
  server ??= await startHostileServer((request, response) => attack(request, response));
  vi.stubEnv('IDENTITY_ENDPOINT', `${server.origin}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'secret-header');
  // Without the developer's own tools, which are processes.
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  return server;
}

afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

const failureOf = async (): Promise<string> => {
  const credential = appCredential('public');
  return credential.getToken(SCOPE).then(
    () => expect.fail('expected no token'),
    (error: unknown) => String(error),
  );
};

describe('the endpoint of the managed identity that', () => {
  test('answers gives its token', async () => {
    const { requests } = await startEndpoint();
    attack = (_, response) => {
      const expires_on = `${Math.floor(Date.now() / 1000) + 3_600}`;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ access_token: 'a-token', expires_on, token_type: 'Bearer', resource: 'x' }),
      );
    };
    expect((await appCredential('public').getToken(SCOPE))?.token).toBe('a-token');
    expect(requests[0]?.headers['x-identity-header']).toBe('secret-header');
  });

  test.each(['a body without an end', 'a gigabyte, compressed', 'a header without an end', 'no HTTP at all'])(
    'gives %s is given up, and gives its header to nobody',
    async name => {
      await startEndpoint();
      attack = attacks[name] ?? attack;
      const asked = performance.now();
      const failure = await failureOf();
      expect(failure).not.toContain('secret-header');
      expect(performance.now() - asked).toBeLessThan(20_000);
    },
  );

  test('sends on to another host sends nobody there', async () => {
    await startEndpoint();
    await using elsewhere = await startHostileServer((_, response) => void response.end('{}'));
    attack = redirectTo(elsewhere.origin, 307);
    await failureOf();
    expect(elsewhere.connections).toBe(0);
  });

  test('does not answer is waited for no longer than the caller wants', async () => {
    await startEndpoint();
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
    attack = (_, response) => void mayAnswer.then(() => response.writeHead(400).end('{}'));
    const asked = performance.now();
    const abortSignal = AbortSignal.timeout(200);
    await expect(appCredential('public').getToken(SCOPE, { abortSignal })).rejects.toThrow();
    expect(performance.now() - asked).toBeLessThan(10_000);
    answer();
  });
});
