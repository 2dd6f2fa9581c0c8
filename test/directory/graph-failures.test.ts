import type { TokenCredential } from '@azure/identity';
import { afterEach, describe, expect, test } from 'vitest';
import { SourceUnavailable } from '../../src/directory/errors.ts';
import { GraphDirectory } from '../../src/directory/graph-directory.ts';
import { ConfigurationError, Permanent, RetryLater } from '../../src/identity/errors.ts';
import { retryAfterMs } from '../../src/identity/retry-after.ts';
import { createTestClock, type TestClock } from '../harness/test-clock.ts';
import { credential, json, startImpostor, startPair, usersNamed } from './graph.ts';

let clock: TestClock | undefined;
afterEach(() => clock?.dispose());

describe('quick retries', () => {
  test('429, 503, 504 and a cut connection are tried again', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    for (const status of [429, 503, 504, 0]) {
      pair.local.faults.fail = [{ path: /ann/, status, times: 1, retryAfterSeconds: 0 }];
      const before = pair.graph.requestCount;
      expect(await pair.graph.getUser('ann')).toMatchObject({ id: 'ann' });
      expect(pair.graph.requestCount - before).toBe(2);
    }
  });

  test('the wait that Graph asks for is honoured, decimals included', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    pair.local.faults.throttle = [{ path: /ann/, times: 1, retryAfterSeconds: 0.75 }];
    const start = performance.now();
    await pair.graph.getUser('ann');
    expect(performance.now() - start).toBeGreaterThanOrEqual(740);
  });

  test('the waiting follows the wall clock', async () => {
    clock = createTestClock();
    clock.install();
    await using pair = await startPair({ users: usersNamed('ann') });
    pair.local.faults.throttle = [{ path: /ann/, times: 1, retryAfterSeconds: 9 }];
    const start = performance.now();
    const reading = pair.graph.getUser('ann');
    for (let i = 0; pair.local.faults.throttle[0]?.times !== 0 && i < 500; i++)
      await new Promise(r => setTimeout(r, 5));
    // The answer is on its way back: the wait must have begun before the clock moves, or it would begin after.
    await new Promise(r => setTimeout(r, 200));
    clock.advance(9_000);
    await reading;
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('a wait that is too long to sit out is handed on at once', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    pair.local.faults.throttle = [{ path: /ann/, times: 1, retryAfterSeconds: 120 }];
    const failure = await pair.graph.getUser('ann').catch(e => e);
    expect(failure).toBeInstanceOf(RetryLater);
    expect(failure.afterMs).toBe(120_000);
    expect(pair.graph.requestCount).toBe(1);
  });

  test('after four tries it is somebody else’s turn', async () => {
    await using pair = await startPair({ users: usersNamed('ann') });
    pair.local.faults.fail = [{ path: /ann/, status: 503, times: 99, retryAfterSeconds: 0 }];
    await expect(pair.graph.getUser('ann')).rejects.toThrow(RetryLater);
    expect(pair.graph.requestCount).toBe(4);
  });

  test('throttled items of a batch are sent again, the others are not', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `user-${i}.`);
    await using pair = await startPair({ users: usersNamed(...ids) });
    pair.local.faults.throttle = [{ path: /user-[37]\./, times: 2, retryAfterSeconds: 0.1 }];
    const before = pair.local.requests;
    const found = await pair.graph.getUsers(ids);
    expect([...found.values()].every(u => u !== undefined)).toBe(true);
    expect(pair.local.requests - before).toBe(1 + 20 + 1 + 2);
  });

  test('Retry-After: seconds, decimals, dates, nonsense', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs('2.128', at)).toBe(2128);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', at)).toBe(30_000);
    expect(retryAfterMs('Wed, 31 Dec 2025 23:00:00 GMT', at)).toBe(0);
    for (const nonsense of [null, '', 'soon', '-1']) expect(retryAfterMs(nonsense, at) ?? 0).toBe(0);
  });
});

describe('failures say what happens next', () => {
  const failing = async (status: number, code?: string) => {
    await using pair = await startPair({ users: usersNamed('ann') });
    pair.local.faults.fail = [
      { path: /./, status, ...(code && { code }), message: 'about ann@contoso.com', times: 9 },
    ];
    return await pair.graph.getUser('ann').catch((e: unknown) => e as Error);
  };

  test('401 and 403 are about the source, 500 is for later, other 4xx are final', async () => {
    expect(await failing(401)).toBeInstanceOf(SourceUnavailable);
    expect(await failing(403, 'Authorization_RequestDenied')).toBeInstanceOf(SourceUnavailable);
    expect(await failing(500)).toBeInstanceOf(RetryLater);
    expect(await failing(400, 'Request_BadRequest')).toBeInstanceOf(Permanent);
  });

  test('the text carries status and code, and nothing that Graph quotes', async () => {
    const failure = (await failing(400, 'Request_BadRequest')) as Error;
    expect(failure.message).toBe('Graph answered 400 Request_BadRequest when reading a user');
    const odd = (await failing(400, 'ann@contoso.com')) as Error;
    expect(odd.message).not.toContain('ann');
  });

  test('a page that fails fails the list: nothing shorter is returned', async () => {
    const ids = Array.from({ length: 1200 }, (_, i) => `u${i}`);
    await using pair = await startPair({
      users: usersNamed(...ids),
      groups: [{ id: 'g', displayName: 'G', members: ids }],
    });
    pair.local.faults.fail = [{ path: /skiptoken/, status: 500, times: 9 }];
    await expect(pair.graph.listTransitiveMembers('g')).rejects.toThrow(RetryLater);
  });

  test('a refused credential is about the source, a token endpoint that is down is for later', async () => {
    const withCredential = (error: Error) => {
      const broken: TokenCredential = { getToken: () => Promise.reject(error) };
      return new GraphDirectory({ baseUrl: 'http://127.0.0.1:1', credential: broken })
        .getUser('x')
        .catch(e => e);
    };
    const named = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
    expect(await withCredential(named('CredentialUnavailableError'))).toBeInstanceOf(SourceUnavailable);
    expect(await withCredential(named('AuthenticationError', { statusCode: 401 }))).toBeInstanceOf(
      SourceUnavailable,
    );
    expect(await withCredential(named('AuthenticationError', { statusCode: 503 }))).toBeInstanceOf(
      RetryLater,
    );
    expect(await withCredential(named('RestError'))).toBeInstanceOf(RetryLater);
  });
});

describe('a server that lies', () => {
  test('no token is sent in the clear, except to this machine', () => {
    expect(() => new GraphDirectory({ baseUrl: 'http://graph.microsoft.com', credential })).toThrow(
      ConfigurationError,
    );
  });

  test('a next link to another origin is refused and gets no token', async () => {
    await using elsewhere = await startImpostor((_, response) => json(response, { value: [] }));
    await using graph = await startImpostor((_, response) =>
      json(response, { value: [], '@odata.nextLink': `${elsewhere.url}/v1.0/groups/g/transitiveMembers` }),
    );
    const directory = new GraphDirectory({ baseUrl: graph.url, credential });
    await expect(directory.listTransitiveMembers('g')).rejects.toThrow(SourceUnavailable);
    expect(graph.seen).toMatchObject([{ authorization: 'Bearer a-token' }]);
    expect(elsewhere.seen).toEqual([]);
  });

  test('neither a stored cursor nor a new delta link may lead elsewhere', async () => {
    await using graph = await startImpostor((_, response) =>
      json(response, { value: [], '@odata.deltaLink': 'http://127.0.0.1:1/v1.0/users/delta?$deltatoken=x' }),
    );
    const directory = new GraphDirectory({ baseUrl: graph.url, credential });
    await expect(directory.startDelta('user')).rejects.toThrow(SourceUnavailable);
    await expect(directory.readDelta('http://127.0.0.1:1/v1.0/users/delta?$deltatoken=x')).rejects.toThrow(
      SourceUnavailable,
    );
    expect(graph.seen).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    await using elsewhere = await startImpostor((_, response) => json(response, {}));
    await using graph = await startImpostor((_, response) =>
      response.writeHead(302, { Location: `${elsewhere.url}/v1.0/users/ann` }).end(),
    );
    const directory = new GraphDirectory({ baseUrl: graph.url, credential });
    await expect(directory.getUser('ann')).rejects.toThrow(RetryLater);
    expect(elsewhere.seen).toEqual([]);
  });

  test('pages in a circle, a page without value, and HTML are no answers', async () => {
    const bodies = [
      (self: string) => JSON.stringify({ value: [], '@odata.nextLink': `${self}/v1.0/next` }),
      () => '{}',
      () => '<html>maintenance</html>',
    ];
    for (const body of bodies) {
      await using graph = await startImpostor((_, response) => response.writeHead(200).end(body(graph.url)));
      const directory = new GraphDirectory({ baseUrl: graph.url, credential });
      await expect(directory.listTransitiveMembers('g')).rejects.toThrow(RetryLater);
    }
  });

  test('an answer that never ends is given up: by size, and by time', async () => {
    await using large = await startImpostor((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 32)));
      };
      response.on('drain', more);
      more();
    });
    const flooded = new GraphDirectory({ baseUrl: large.url, credential });
    await expect(flooded.getUser('ann')).rejects.toThrow(/larger/);
    await using slow = await startImpostor(() => {});
    const starved = new GraphDirectory({ baseUrl: slow.url, credential, timeoutMs: 50 });
    await expect(starved.getUser('ann')).rejects.toThrow(RetryLater);
    // Counted where they are sent: on a busy machine one is given up before it has arrived.
    expect(starved.requestCount).toBe(4);
  });
});
