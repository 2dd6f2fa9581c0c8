import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Served } from './traffic.ts';

/** Where the requests for one account go: scheme, host and port. */
export type Origins = ReadonlyMap<string, string>;

/**
 * The one host under which all accounts of a cloud are reached, as accounts.azuredatabricks.net is: it passes each
 * request on to whoever serves the account that its path names, and knows nothing else.
 */
export async function startAccountsHost(
  origins: Origins,
): Promise<Served & { readonly url: string; close(): Promise<void> }> {
  let requests = 0;
  let inFlight = 0;
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const [, account = ''] = /\/accounts\/([^/]+)\//.exec(incoming.url ?? '') ?? [];
    const origin = origins.get(account);
    if (origin === undefined) {
      outgoing.writeHead(404).end();
      return;
    }
    const body = await text(incoming);
    const { method, headers } = incoming;
    const { host: _ours, ...rest } = headers;
    const onward = request(`${origin}${incoming.url}`, { method, headers: rest }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.once('error', () => outgoing.destroy());
    onward.end(body);
  };
  const server = createServer((incoming, outgoing) => {
    requests += 1;
    inFlight += 1;
    outgoing.once('close', () => {
      inFlight -= 1;
    });
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    get inFlight() {
      return inFlight;
    },
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
