import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { gate, startFixture } from './fixture.ts';

const HTTP = ['echo', 'keyed', 'silent', 'failing', 'waiting'];

describe('HTTP triggers', () => {
  test('get method, URL, headers, query, parameters and body, and answer status, headers, cookies and body', async () => {
    const { host } = await startFixture({ functions: HTTP });
    const response = await fetch(`${host.httpUrl}/api/Items/a%2Fb/7?x=1&x=2&code=free`, {
      method: 'POST',
      headers: { 'x-asked': 'yes', 'content-type': 'text/plain' },
      body: 'größe',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-echo')).toBe('yes');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.getSetCookie()).toEqual(['taste=sweet%20%26%20sour; HttpOnly']);
    const seen = (await response.json()) as Record<string, unknown>;
    expect(seen).toMatchObject({
      method: 'POST',
      url: `${host.httpUrl}/api/Items/a%2Fb/7?x=1&x=2&code=free`,
      params: { id: 'a/b', part: '7' },
      query: { x: '1,2', code: 'free' },
      body: 'größe',
      metadata: null,
    });
  });

  test('lose a body that does not declare its length, as the real host loses it', async () => {
    const { host } = await startFixture({ functions: HTTP });
    const body = await new Promise<string>((resolve, reject) => {
      const chunked = httpRequest(`${host.httpUrl}/api/items/1`, { method: 'POST' }, response => {
        text(response).then(resolve, reject);
      });
      chunked.on('error', reject);
      chunked.flushHeaders();
      chunked.end('lost');
    });
    expect(JSON.parse(body)).toMatchObject({ body: '' });
  });

  test('are found by route and method only', async () => {
    const { host } = await startFixture({ functions: HTTP });
    expect((await fetch(`${host.httpUrl}/api/items/1`, { method: 'DELETE' })).status).toBe(404);
    expect((await fetch(`${host.httpUrl}/items/1`)).status).toBe(404);
    expect((await fetch(`${host.httpUrl}/api/items`)).status).toBe(404);
    expect((await fetch(`${host.httpUrl}/api/silent`)).status).toBe(204);
  });

  test('with authLevel function want the key, in the header or in the query', async () => {
    const { host } = await startFixture({ functions: HTTP, functionKey: 'k&y' });
    expect((await fetch(`${host.httpUrl}/api/keyed`)).status).toBe(401);
    expect((await fetch(`${host.httpUrl}/api/keyed?code=wrong`)).status).toBe(401);
    expect((await fetch(`${host.httpUrl}/api/keyed?code=k%26y`)).status).toBe(200);
    const byHeader = await fetch(`${host.httpUrl}/api/keyed`, { headers: { 'x-functions-key': 'k&y' } });
    expect(await byHeader.text()).toBe('open');
  });

  test('answer 500 with nothing of the error when the function throws', async () => {
    const { host, log, fixture } = await startFixture({ functions: HTTP });
    const response = await fetch(`${host.httpUrl}/api/failing`);
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('');
    expect(log.join('')).toContain('[error] failing Executed');
    expect(fixture.hooks).toEqual(['appStart', 'before failing', 'after error']);
  });

  test('that belong to another scale group are not served', async () => {
    const { host } = await startFixture({ functions: ['silent'] });
    expect(host.functions).toEqual(['silent']);
    expect((await fetch(`${host.httpUrl}/api/keyed`)).status).toBe(404);
  });

  test('refuse a body above 100 MB', async () => {
    const { host } = await startFixture({ functions: HTTP });
    const body = Buffer.alloc(104_857_601);
    const response = await fetch(`${host.httpUrl}/api/items/1`, { method: 'POST', body });
    expect(response.status).toBe(413);
  });
});

describe('the host', () => {
  test('gives the worker its arguments while the app is loaded, and takes them back', async () => {
    const before = [...process.argv];
    const { host } = await startFixture({ functions: HTTP });
    const { argv } = (await (await fetch(`${host.httpUrl}/api/items/1`)).json()) as { argv: string[] };
    const uri = argv[argv.indexOf('--functions-uri') + 1];
    expect(uri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(argv).toContain('--functions-worker-id');
    expect(argv).toContain('--functions-request-id');
    await host.close();
    expect(process.argv).toEqual(before);
  });

  test('writes one line per log call, at the level that host.json asks for', async () => {
    const { host, log } = await startFixture({ functions: HTTP });
    await (await fetch(`${host.httpUrl}/api/items/1`)).text();
    expect(log).toEqual(["[information] echo echo { lines: 'one\\ntwo' }\n"]);
  });

  test('waits for running invocations when it closes, and runs the hooks', async () => {
    const { host, fixture } = await startFixture({ functions: HTTP });
    const held = gate();
    fixture.gate = held.promise;
    const answer = fetch(`${host.httpUrl}/api/waiting`);
    while (host.inFlight === 0) await new Promise(setImmediate);
    const closed = host.close();
    while (!fixture.hooks.includes('appTerminate')) await new Promise(setImmediate);
    expect(host.inFlight).toBe(1);
    held.open();
    expect(await (await answer).text()).toBe('done');
    await closed;
    await expect(fetch(`${host.httpUrl}/api/silent`)).rejects.toThrow();
  });

  test('gives running invocations no longer than the grace time', async () => {
    const { host, fixture } = await startFixture({ functions: HTTP });
    const held = gate();
    fixture.gate = held.promise;
    const answer = fetch(`${host.httpUrl}/api/waiting`).catch(() => 'cut');
    while (host.inFlight === 0) await new Promise(setImmediate);
    await host.close(50);
    expect(await answer).toBe('cut');
    held.open();
  });

  test('takes a free port when its own is in use', async () => {
    const taken = createServer();
    await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const { host } = await startFixture({ functions: ['silent'], httpPort: port });
    expect(host.httpUrl).not.toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${host.httpUrl}/api/silent`)).status).toBe(204);
  });

  test('refuses a function that the app does not have', async () => {
    await expect(startFixture({ functions: ['typo'] })).rejects.toThrow('no function "typo"');
  });
});
