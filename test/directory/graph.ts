import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenCredential } from '@azure/identity';
import { GraphDirectory, type GraphDirectoryOptions } from '../../src/directory/graph-directory.ts';
import { type LocalDirectory, startDirectory } from '../../src/local/directory/directory.ts';
import type { DirectorySeed } from '../../src/local/directory/types.ts';

const TOKEN = 'a-token';

export const credential: TokenCredential = {
  getToken: async () => ({ token: TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }),
};

/** A tenant and the product's view of it. */
export interface Pair extends AsyncDisposable {
  local: LocalDirectory;
  graph: GraphDirectory;
}

export async function startPair(
  seed: DirectorySeed = {},
  options: Partial<GraphDirectoryOptions> = {},
): Promise<Pair> {
  const local = await startDirectory({ tenantId: 'tenant', acceptToken: token => token === TOKEN, seed });
  const graph = new GraphDirectory({ baseUrl: local.url, credential, ...options });
  return { local, graph, [Symbol.asyncDispose]: () => local.close() };
}

/** A server that answers what the local directory never would. */
export interface Impostor extends AsyncDisposable {
  readonly url: string;
  readonly seen: { url: string; authorization: string | undefined }[];
}

export async function startImpostor(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Impostor> {
  const seen: Impostor['seen'] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

export const usersNamed = (...ids: string[]) =>
  ids.map(id => ({ id, userPrincipalName: `${id}@contoso.com` }));
