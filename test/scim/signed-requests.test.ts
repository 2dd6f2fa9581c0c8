import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ScimAuthorization, Signature } from '../../src/scim/authorization.ts';
import { ScimClient, type ScimClientOptions } from '../../src/scim/client.ts';
import { ScimCredentialError } from '../../src/scim/errors.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});

interface Seen {
  token: string | undefined;
  method: string | undefined;
  body: string;
}

/** Takes one token only; what it was asked is in `seen`. */
async function serveFor(token: string, otherwise = 401): Promise<{ baseUrl: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    seen.push({ token: request.headers.authorization?.slice(7), method: request.method, body });
    const isGood = request.headers.authorization === `Bearer ${token}`;
    response.writeHead(isGood ? 200 : otherwise, { 'content-type': 'application/json' }).end('{"id":"1"}');
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/scim/v2`, seen };
}

function clientOf(
  baseUrl: string,
  options: Pick<ScimClientOptions, 'authorization' | 'writeTimeoutMs'>,
): ScimClient {
  return new ScimClient({ baseUrl, allowInsecureConnection: true, ...options });
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('expected a failure'),
    (error: unknown) => error,
  );

describe('a signature', () => {
  const signatureOf = (token: string): Signature => ({
    headers: { Authorization: `Bearer ${token}` },
    by: token,
  });

  /** Signs with one token after the other. */
  function inTurn(...tokens: string[]): ScimAuthorization {
    return {
      async sign(refused) {
        const token = tokens[refused.length];
        return token === undefined ? undefined : signatureOf(token);
      },
    };
  }

  test('that is refused is followed by the next, with the same body and a new place in the limits', async () => {
    const { baseUrl, seen } = await serveFor('new');
    const paced: string[] = [];
    const pace = async (requestClass: string): Promise<undefined> => {
      paced.push(`${requestClass} ${seen.length}`);
    };
    const client = clientOf(baseUrl, { authorization: inTurn('old', 'new') });
    await client.create('Users', { userName: 'ada' }, { pace });
    const body = seen[0]?.body;
    expect(seen).toEqual([
      { token: 'old', method: 'POST', body },
      { token: 'new', method: 'POST', body },
    ]);
    expect(body).toContain('ada');
    expect(paced).toEqual(['write 0', 'write 1']);
    expect(client.requestCount).toBe(2);
  });

  test('that is the last leaves the 401, which names all who were refused', async () => {
    const { baseUrl, seen } = await serveFor('none of them');
    const client = clientOf(baseUrl, { authorization: inTurn('the first', 'the second') });
    expect(await failure(client.patch('Users', '1', [{ op: 'remove', path: 'x' }]))).toMatchObject({
      status: 401,
      signedBy: 'the first and the second',
    });
    expect(seen).toHaveLength(2);
  });

  test.each([400, 403, 404, 409, 429, 500, 503])(
    'is not changed for a %i: only a 401 was surely not applied',
    async status => {
      const { baseUrl, seen } = await serveFor('second', status);
      const client = clientOf(baseUrl, { authorization: inTurn('first', 'second') });
      const error = await failure(client.create('Users', {}));
      expect(error).toMatchObject({ status, signedBy: status === 403 ? 'first' : undefined });
      expect(seen).toHaveLength(1);
    },
  );

  test('that cannot be had is named as such, and takes nothing from the limits', async () => {
    const { baseUrl, seen } = await serveFor('any');
    const missing = new ScimCredentialError({ status: 401 });
    const client = clientOf(baseUrl, { authorization: { sign: () => Promise.reject(missing) } });
    const pace = vi.fn(async () => undefined);
    expect(await failure(client.delete('Users', '1', { pace }))).toBe(missing);
    expect([seen.length, pace.mock.calls.length, client.requestCount]).toEqual([0, 0, 0]);
  });

  test('that does not come in time fails the request, and nothing is sent afterwards', async () => {
    const { baseUrl, seen } = await serveFor('late');
    const late = Promise.withResolvers<Signature>();
    const client = clientOf(baseUrl, { authorization: { sign: () => late.promise }, writeTimeoutMs: 30 });
    expect(await failure(client.delete('Users', '1'))).toMatchObject({
      name: 'ScimCredentialError',
      refused: false,
    });
    late.resolve(signatureOf('late'));
    await new Promise(resolve => setTimeout(resolve, 30));
    expect(seen).toEqual([]);
  });

  test('that nobody waits for any more ends with the reason of whoever gave up', async () => {
    const { baseUrl } = await serveFor('never');
    const client = clientOf(baseUrl, { authorization: { sign: () => new Promise(() => {}) } });
    const stop = new AbortController();
    const answer = failure(client.get('Users', '1', { signal: stop.signal }));
    const reason = new Error('lease lost');
    stop.abort(reason);
    expect(await answer).toBe(reason);
  });
});
