import { inspect } from 'node:util';
import type { TokenCredential } from '@azure/identity';
import { describe, expect, test } from 'vitest';
import { keyVaultSecret } from '../../src/databricks/key-vault-secret.ts';
import { tokenEndpoint } from '../../src/databricks/token-endpoint.ts';
import { GraphTransport } from '../../src/directory/graph-transport.ts';
import { ScimClient } from '../../src/scim/client.ts';
import { openState } from '../../src/state/state.ts';
import { withinStorageTime } from '../../src/state/storage-bounds.ts';
import { bearer } from '../scim/bearer.ts';
import { attacks, endlessBlob, redirectTo, startHostileServer, trickle } from './hostile-server.ts';

const SECRETS = ['token-of-the-app', 'secret-of-the-client', 'token-of-the-target', 'c3RvcmFnZS1rZXk='];
const [APP_TOKEN, CLIENT_SECRET, TARGET_TOKEN, STORAGE_KEY] = SECRETS as [string, string, string, string];
const identity: TokenCredential = {
  getToken: () => Promise.resolve({ token: APP_TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
};

const storage = (origin: string): string =>
  `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${STORAGE_KEY};TableEndpoint=${origin}/account;BlobEndpoint=${origin}/account`;

/** Everything of the product that asks another server, and one question to each. */
const clients: Readonly<Record<string, (origin: string, timeoutMs?: number) => Promise<unknown>>> = {
  Graph: (baseUrl, timeoutMs = 20_000) =>
    new GraphTransport({ baseUrl, credential: identity, scope: 'any', timeoutMs, userAgent: 'test' })
      .send({ method: 'POST', path: '/subscriptions', body: {}, what: 'trying', repeatable: false })
      .then(({ status, body }) => expect({ status, body }).toMatchObject({ status: 201, body: { id: 'x' } })),
  SCIM: (origin, readTimeoutMs) =>
    new ScimClient({
      baseUrl: `${origin}/scim/v2`,
      authorization: bearer(TARGET_TOKEN),
      allowInsecureConnection: true,
      readTimeoutMs,
    }).get('Users', '1'),
  'the OAuth token endpoint': (origin, timeoutMs) =>
    tokenEndpoint(`${origin}/oidc/v1/token`, 'client', timeoutMs)(CLIENT_SECRET),
  'Key Vault': origin => keyVaultSecret(`${origin}/secrets/scim-token`, identity)([]),
  'table storage': origin => openState({ connectionString: storage(origin) }).targets.read('target'),
  'blob storage': origin => openState({ connectionString: storage(origin) }).records.read('target', '1'),
};

/** The most memory that this process held while `work` ran, beyond what it held before, in MiB. */
async function memoryOf(work: Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  await work.finally(() => clearInterval(timer));
  return (most - before) / 1024 / 1024;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    answer => expect.fail(`expected a failure, not ${inspect(answer)}`),
    (error: unknown) => error,
  );
}

function expectNoSecretIn(error: unknown): void {
  const shown = inspect(error, { depth: 9, showHidden: true, maxStringLength: 100_000 });
  for (const secret of SECRETS)
    expect(shown.includes(secret), `${secret} in ${shown.slice(0, 2_000)}`).toBe(false);
}

describe.each(Object.entries(clients))('%s that answers with', (name, ask) => {
  // An account without its own key is nothing to sign with: the storage SDK keeps it where `inspect` looks.
  const isSigned = name !== 'table storage' && name !== 'blob storage';

  test.each(Object.entries(attacks))(
    '%s is given up: soon, in little memory, and without a secret',
    async (_, attack) => {
      await using server = await startHostileServer(attack);
      const asked = performance.now();
      let error: unknown;
      const memory = await memoryOf(failureOf(ask(server.origin)).then(reason => (error = reason)));
      expect(performance.now() - asked).toBeLessThan(10_000);
      expect(memory).toBeLessThan(400);
      expect(error).toBeInstanceOf(Error);
      if (isSigned) expectNoSecretIn(error);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );

  test.each([301, 302, 303, 307, 308])('a redirect %i to another host sends nobody there', async status => {
    await using elsewhere = await startHostileServer((_, response) => void response.end('{}'));
    await using server = await startHostileServer(redirectTo(elsewhere.origin, status));
    await failureOf(ask(server.origin));
    expect(server.connections).toBeGreaterThan(0);
    expect(elsewhere.connections).toBe(0);
  });
});

test.each(['Graph', 'SCIM', 'the OAuth token endpoint'])(
  '%s that trickles is given up in time',
  async name => {
    await using server = await startHostileServer(trickle);
    const asked = performance.now();
    await failureOf(clients[name]?.(server.origin, 300) ?? Promise.resolve());
    expect(performance.now() - asked).toBeGreaterThan(250);
    expect(performance.now() - asked).toBeLessThan(10_000);
  },
);

test('the blob service that trickles is given up in time', async () => {
  const asked = performance.now();
  const stuck = withinStorageTime(() => new Promise(() => {}), 100);
  expect(String(await failureOf(stuck))).toBe('RetryLater: no answer of the blob service in 100 ms');
  expect(performance.now() - asked).toBeLessThan(10_000);
});

test('a membership record without an end is given up, in little memory', async () => {
  await using server = await startHostileServer(endlessBlob);
  let error: unknown;
  const memory = await memoryOf(
    failureOf(clients['blob storage']?.(server.origin) ?? Promise.resolve()).then(reason => (error = reason)),
  );
  expect(String(error)).toBe('RetryLater: a membership record is larger than can be right');
  expect(memory).toBeLessThan(400);
});

test('a page of a vault that leads elsewhere leads nowhere', async () => {
  await using elsewhere = await startHostileServer((_, response) => void response.end('{}'));
  await using vault = await startHostileServer((request, response) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, {
        'www-authenticate':
          'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"',
      });
      response.end();
      return;
    }
    const nextLink = `${elsewhere.origin.replace('http:', 'https:')}/secrets/scim-token/versions?page=2`;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ value: [], nextLink }));
  });
  await failureOf(clients['Key Vault']?.(vault.origin) ?? Promise.resolve());
  expect(vault.requests.map(({ headers }) => headers.authorization)).toContain(`Bearer ${APP_TOKEN}`);
  expect(elsewhere.connections).toBe(0);
});

test('a list of a target that claims to be endless is not begun', async () => {
  await using server = await startHostileServer((_, response) => {
    const Resources = [{ id: crypto.randomUUID() }];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ totalResults: 1e15, Resources }));
  });
  const scim = new ScimClient({
    baseUrl: `${server.origin}/scim/v2`,
    authorization: bearer(TARGET_TOKEN),
    allowInsecureConnection: true,
  });
  const reading = Array.fromAsync(scim.list('Users'));
  expect(String(await failureOf(reading))).toMatch(/list claims 1000000000000000 resources/);
  expect(server.requests).toHaveLength(1);
});
