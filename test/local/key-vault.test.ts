import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KEY_VAULT_RESOURCE, type LocalKeyVault, startKeyVault } from '../../src/local/key-vault.ts';

let vault: LocalKeyVault;
beforeEach(async () => {
  vault = await startKeyVault({ acceptToken: token => token === 'good' });
});
afterEach(() => vault.close());

interface Answer {
  status: number;
  challenge: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: what a server sent, looked at field by field
  body: any;
}

async function get(path: string, token = 'good', query = '?api-version=7.6'): Promise<Answer> {
  const response = await fetch(`${vault.url}${path}${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const challenge = response.headers.get('www-authenticate');
  return { status: response.status, challenge, body: await response.json() };
}

describe('the local key vault', () => {
  test('sends whoever has no good token to Entra, naming the resource', async () => {
    vault.set('a', 'secret');
    for (const path of ['/secrets/a/versions', '/secrets/a', '/keys/a']) {
      const { status, challenge, body } = await get(path, 'bad');
      expect([status, body.error.code]).toEqual([401, 'Unauthorized']);
      expect(challenge).toMatch(
        new RegExp(`^Bearer authorization="https://[^"]+", resource="${KEY_VAULT_RESOURCE}"$`),
      );
    }
    expect(vault.requests).toEqual({ list: 0, get: 0 });
  });

  test('lists all versions, without values, times in seconds', async () => {
    const first = vault.set('a', 'one');
    const second = vault.set('a', 'two', { enabled: false, notBefore: 5_000_999, expiresAt: 6_000_999 });
    const { status, body } = await get('/secrets/A/versions');
    expect(status).toBe(200);
    expect(body.nextLink).toBeNull();
    const byId = Object.fromEntries(
      body.value.map((item: { id: string }) => [item.id.split('/').at(-1), item]),
    );
    expect(Object.keys(byId).toSorted()).toEqual([first, second].toSorted());
    expect(byId[second].attributes).toMatchObject({ enabled: false, nbf: 5_000, exp: 6_000 });
    expect(byId[first].attributes.created).toBeCloseTo(Date.now() / 1_000, -1);
    expect(JSON.stringify(body)).not.toMatch(/one|two/);
  });

  test('lists in pages, whose links say https, as behind TLS', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => vault.set('a', `${i}`));
    const seen: string[] = [];
    let link: string | null = '/secrets/a/versions?api-version=7.6';
    for (let page = 0; link !== null; page += 1) {
      const { body }: Answer = await get(link, 'good', '');
      expect(body.value.length).toBe(page === 2 ? 0 : 25);
      seen.push(...body.value.map(({ id }: { id: string }) => id.split('/').at(-1)));
      link = body.nextLink === null ? null : body.nextLink.replace(vault.url.replace('http', 'https'), '');
      if (link !== null) expect(body.nextLink).toMatch(/^https:/);
    }
    expect(seen).toEqual(ids.toSorted());
  });

  test('gives the value of a version, or of the latest, whatever its dates say', async () => {
    const first = vault.set('a', 'one', { expiresAt: 1_000 });
    vault.set('a', 'two', { notBefore: Date.now() + 1_000_000 });
    expect((await get(`/secrets/a/${first}`)).body).toMatchObject({ value: 'one', attributes: { exp: 1 } });
    expect((await get('/secrets/a/')).body.value).toBe('two');
    expect((await get('/secrets/a')).body.value).toBe('two');
  });

  test('keeps the value of a disabled version to itself', async () => {
    const version = vault.set('a', 'one');
    vault.update('a', version, { enabled: false });
    expect(await get(`/secrets/a/${version}`)).toMatchObject({
      status: 403,
      body: { error: { code: 'Forbidden' } },
    });
  });

  test('knows what is not there; but a list of nothing is empty', async () => {
    vault.set('a', 'one');
    expect(await get('/secrets/b')).toMatchObject({
      status: 404,
      body: { error: { code: 'SecretNotFound' } },
    });
    expect((await get(`/secrets/a/${'0'.repeat(32)}`)).status).toBe(404);
    expect(await get('/secrets/b/versions')).toMatchObject({ status: 200, body: { value: [] } });
    expect((await get('/secrets/a/versions/x')).status).toBe(404);
  });

  test('wants an API version, and the permission for what is asked', async () => {
    vault.set('a', 'one');
    expect((await get('/secrets/a', 'good', '')).status).toBe(400);
    vault.permissions = new Set(['get']);
    expect((await get('/secrets/a')).status).toBe(200);
    expect((await get('/secrets/a/versions')).body.error.code).toBe('Forbidden');
  });

  test('fails as it is told to', async () => {
    vault.set('a', 'one');
    vault.fault = { status: 429, code: 'Throttled' };
    expect((await get('/secrets/a')).status).toBe(429);
    vault.fault = 'garbled';
    await expect(get('/secrets/a')).rejects.toThrow(SyntaxError);
  });
});
