import { DefaultAzureCredential } from '@azure/identity';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ManagedIdentity, startManagedIdentity } from '../../../src/local/managed-identity.ts';

const GRAPH = 'https://graph.microsoft.com';
const DATABRICKS = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d';
let identity: ManagedIdentity | undefined;

async function start(options: Parameters<typeof startManagedIdentity>[0] = {}): Promise<ManagedIdentity> {
  identity = await startManagedIdentity(options);
  for (const [name, value] of Object.entries(identity.env)) vi.stubEnv(name, value);
  return identity;
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await identity?.close();
  identity = undefined;
});

describe('the managed identity endpoint', () => {
  // The SDK keeps the first endpoint that it finds for as long as the process lives: one such test per process.
  test('serves the real credentials of the SDK, one token per resource', async () => {
    const running = await start();
    const credential = new DefaultAzureCredential();
    const graph = await credential.getToken(`${GRAPH}/.default`);
    expect(running.accepts(GRAPH, graph.token)).toBe(true);
    expect(running.accepts(DATABRICKS, graph.token)).toBe(false);
    expect(running.accepts(`${GRAPH}/`, graph.token)).toBe(false);
    const databricks = await credential.getToken(`${DATABRICKS}/.default`);
    expect(running.accepts(DATABRICKS, databricks.token)).toBe(true);
    expect(graph.expiresOnTimestamp).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  });

  test('revokes what it issued', async () => {
    const running = await start();
    const token = await (await ask(running, running.env.IDENTITY_HEADER)).json();
    expect(running.accepts(GRAPH, token.access_token)).toBe(true);
    running.revokeAll();
    expect(running.accepts(GRAPH, token.access_token)).toBe(false);
  });

  test('lets a token expire by the wall clock', async () => {
    const running = await start({ lifetimeMs: 60_000 });
    const token = await (await ask(running, running.env.IDENTITY_HEADER)).json();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59_000 });
    expect(running.accepts(GRAPH, token.access_token)).toBe(true);
    vi.setSystemTime(Date.now() + 2_000);
    expect(running.accepts(GRAPH, token.access_token)).toBe(false);
    vi.useRealTimers();
  });

  test('refuses a caller without the secret header', async () => {
    const running = await start();
    expect((await ask(running, 'guessed')).status).toBe(400);
    expect(running.issued).toBe(0);
  });

  test('knows only the assigned identity', async () => {
    const running = await start({ clientId: '11111111-2222-3333-4444-555555555555' });
    const asked = await ask(
      running,
      running.env.IDENTITY_HEADER,
      '&client_id=11111111-2222-3333-4444-555555555555',
    );
    expect(running.accepts(GRAPH, (await asked.json()).access_token)).toBe(true);
    expect((await ask(running, running.env.IDENTITY_HEADER, '&client_id=other')).status).toBe(400);
    expect((await ask(running, running.env.IDENTITY_HEADER)).status).toBe(400);
    expect(running.issued).toBe(1);
  });
});

async function ask(
  running: ManagedIdentity,
  secret: string,
  rest = '',
): Promise<{ status: number; json(): Promise<{ access_token: string }> }> {
  const response = await fetch(
    `${running.env.IDENTITY_ENDPOINT}?resource=${GRAPH}&api-version=2019-08-01${rest}`,
    {
      headers: { 'x-identity-header': secret },
    },
  );
  return { status: response.status, json: () => response.json() as Promise<{ access_token: string }> };
}
