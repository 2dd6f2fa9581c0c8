import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DatabricksCredential } from '../../src/databricks/credential.ts';
import { classifyFailure } from '../../src/databricks/failure.ts';
import { startPlace } from '../databricks/door.ts';
import { startAccount, type TestAccount } from '../local/databricks/fixture.ts';
import { bearer } from './bearer.ts';

// Read by the SDK when it is loaded: as an operator would set it.
vi.hoisted(() => {
  process.env.AZURE_LOG_LEVEL = 'verbose';
});

let account: TestAccount;
beforeEach(async () => {
  account = await startAccount();
});
afterEach(() => account.close());

/** What is written while `work` runs, by the SDK and by whoever else. */
async function written(work: () => Promise<void>): Promise<string> {
  const lines: string[] = [];
  const spies = [process.stderr, process.stdout].map(stream =>
    vi.spyOn(stream, 'write').mockImplementation(chunk => lines.push(String(chunk)) > 0),
  );
  try {
    await work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines.join('');
}

test('the verbose log of the SDK shows no token, no body and no filter value', async () => {
  const log = await written(async () => {
    const client = account.client({ authorization: bearer('the-secret-token') });
    await client.find('Users', 'userName', 'ada@contoso.com').catch(() => {});
    await client.create('Users', { userName: 'ada@contoso.com' }).catch(() => {});
  });
  expect(log).toContain('/scim/v2/Users');
  expect(log).not.toMatch(/ada|contoso|the-secret-token/);
});

test('however signing in fails, neither the verbose log nor an error shows a secret', async () => {
  const SECRET = 'dapi5ec2e7';
  const place = await startPlace();
  const tokens = createServer((request, response) => {
    const answers: Record<string, [number, string]> = {
      '/refuses': [401, `{"error":"invalid_client","error_description":"${SECRET}"}`],
      '/garbled': [200, `{"access_token":"${SECRET}-token","expires_in":`],
      '/odd': [200, `{"access_token":"${SECRET}-token"}`],
      '/echoes': [400, `{"error":"${SECRET}"}`],
      '/grants': [200, `{"access_token":"${SECRET}-token","expires_in":3600}`],
    };
    const [status, body] = answers[request.url ?? ''] ?? [500, SECRET];
    if (request.url === '/hangs-up') request.socket.destroy();
    else response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>(resolve => tokens.listen(0, '127.0.0.1', resolve));
  const tokenHost = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}`;
  const values = { kind: 'values', values: [`${SECRET}-new`, `${SECRET}-old`] } as const;
  const oauth = (path: string): DatabricksCredential => ({
    kind: 'oauth',
    clientId: 'client',
    secret: values,
    tokenUrl: `${tokenHost}${path}`,
  });
  const resource =
    '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/r/providers/Microsoft.Databricks/workspaces/w';
  let secrets = 0;
  /** A secret of its own in the vault, since what was read is kept. */
  const inVault = (): DatabricksCredential => {
    secrets += 1;
    place.vault.set(`s${secrets}`, `${SECRET}-vault`);
    return { kind: 'token', secret: { kind: 'keyVault', secretUrl: place.vault.secretUrl(`s${secrets}`) } };
  };
  const shown: string[] = [];
  async function fails(credential: DatabricksCredential): Promise<void> {
    const signIn = place.signIns.open(credential);
    const error = await place.door
      .client(signIn)
      .create('Users', { userName: 'ada' })
      .catch((reason: unknown) => reason);
    const state = await signIn.describe().catch((reason: unknown) => reason);
    for (const one of [error, classifyFailure(error, { operation: 'create' }), state, signIn]) {
      shown.push(String(one), JSON.stringify(one), inspect(one, { depth: 12, showHidden: true }));
    }
    expect(error).toBeInstanceOf(Error);
  }
  place.identity.getToken = async scopes => {
    const token = String(scopes).includes('vault') ? 'a-token-for-the-vault' : `${SECRET}-entra`;
    return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
  };
  const log = await written(async () => {
    try {
      for (const fault of [undefined, 'garbled', { status: 500, code: SECRET }] as const) {
        place.vault.fault = fault;
        await fails(inVault());
      }
      place.vault.fault = undefined;
      await fails({ kind: 'token', secret: values });
      for (const path of ['/refuses', '/garbled', '/odd', '/echoes', '/grants', '/hangs-up', '/breaks'])
        await fails(oauth(path));
      await fails({ kind: 'entra', workspaceResourceId: resource });
      place.identity.getToken = () =>
        Promise.reject(Object.assign(new Error(SECRET), { statusCode: 400, response: { body: SECRET } }));
      await fails({ kind: 'entra' });
      await fails(inVault());
    } finally {
      tokens.closeAllConnections();
      await new Promise(resolve => tokens.close(resolve));
      await place.close();
    }
  });
  // It is loud, and every way was gone.
  expect(log).toMatch(/\/secrets\/s1\/versions[\s\S]*\/refuses[\s\S]*\/scim\/v2\/Users/);
  expect(place.door.tried).toEqual(
    expect.arrayContaining(['vault', 'new', 'old', 'token', 'entra'].map(end => `${SECRET}-${end}`)),
  );
  expect(log.includes(SECRET)).toBe(false);
  expect(shown.filter(text => text?.includes(SECRET))).toEqual([]);
});
