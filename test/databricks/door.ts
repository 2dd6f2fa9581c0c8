import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenCredential } from '@azure/identity';
import { SignIns } from '../../src/databricks/credential.ts';
import type { SignIn } from '../../src/databricks/sign-in.ts';
import { KEY_VAULT_RESOURCE, startKeyVault } from '../../src/local/key-vault.ts';
import { ScimClient } from '../../src/scim/client.ts';

/** A target that cares about nothing but who knocks. */
export interface Door {
  readonly url: string;
  /** Tokens that open it. */
  readonly accepts: Set<string>;
  /** Tokens that were tried, in order. */
  readonly tried: string[];
  /** Of the last request. */
  headers: IncomingHttpHeaders;
  /** What somebody with a good token gets. */
  status: number;
  client(authorization: SignIn): ScimClient;
  close(): Promise<void>;
}

async function startDoor(): Promise<Door> {
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    door.tried.push(token);
    door.headers = request.headers;
    const status = door.accepts.has(token) ? door.status : 401;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"id":"1"}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const door: Door = {
    url,
    accepts: new Set(),
    tried: [],
    headers: {},
    status: 200,
    client: authorization =>
      new ScimClient({ baseUrl: `${url}/scim/v2`, authorization, allowInsecureConnection: true }),
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return door;
}

const VAULT_TOKEN = 'a-token-for-the-vault';

/** An app with an Entra identity, a vault and a target. */
export async function startPlace() {
  const vault = await startKeyVault({ acceptToken: token => token === VAULT_TOKEN });
  const door = await startDoor();
  const asked: string[] = [];
  const identity: TokenCredential = {
    async getToken(scopes) {
      asked.push(...[scopes].flat());
      const isForVault = asked.at(-1) === `${KEY_VAULT_RESOURCE}/.default`;
      const token = isForVault ? VAULT_TOKEN : `entra-${asked.length}`;
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
  return {
    vault,
    door,
    identity,
    /** Scopes of the tokens that Entra gave. */
    asked,
    signIns: new SignIns({ identity }),
    close: async (): Promise<void> => {
      await Promise.all([vault.close(), door.close()]);
    },
  };
}

export type Place = Awaited<ReturnType<typeof startPlace>>;
