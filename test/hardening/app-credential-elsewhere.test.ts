import { afterEach, expect, test, vi } from 'vitest';
import { appCredential } from '../../src/directory/app-credential.ts';
import { startHostileServer } from './hostile-server.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

// In a file of its own: the SDK keeps the first client that asks for a managed identity, with its bounds.
test('nobody is asked for a token whom neither the platform nor Entra names', async () => {
  await using server = await startHostileServer((_, response) => void response.end('{}'));
  vi.stubEnv('IDENTITY_ENDPOINT', `${server.origin}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'secret-header');
  vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'ManagedIdentityCredential');
  const env = { IDENTITY_ENDPOINT: 'http://127.0.0.1:1/msi/token' };
  await expect(
    appCredential('public', env).getToken('https://graph.microsoft.com/.default'),
  ).rejects.toThrow();
  expect(server.connections).toBe(0);
});
