import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CLIENT_ID = '11111111-2222-4333-8444-555555555555';

/** A token endpoint for one client. */
export interface TokenServer {
  readonly host: string;
  /** Client secrets that it takes. */
  secrets: Set<string>;
  /** Status of the answer to another one. RFC 6749 has both. */
  refusal: 400 | 401;
  readonly asked: { authorization: string; body: string; type: string | undefined }[];
  /** Instead of a token. */
  instead: RequestListener | undefined;
  /** Awaited before every answer. */
  gate: Promise<void> | undefined;
  close(): Promise<void>;
}

/** @param issue is told of every token that is given: `token-1`, if it was the first request, and so on. */
export async function startTokenServer(issue: (token: string) => void): Promise<TokenServer> {
  const server = createServer(async (request, response) => {
    const { authorization = '', 'content-type': type } = request.headers;
    tokens.asked.push({ authorization, type, body: (await request.toArray()).join('') });
    await tokens.gate;
    if (tokens.instead !== undefined) return tokens.instead(request, response);
    const basic = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    if (![...tokens.secrets].some(secret => basic === `${CLIENT_ID}:${secret}`)) {
      response.writeHead(tokens.refusal, { 'content-type': 'application/json' });
      return response.end('{"error":"invalid_client","error_description":"not that one"}');
    }
    const token = `token-${tokens.asked.length}`;
    issue(token);
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3_600 }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const tokens: TokenServer = {
    host: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets: new Set(),
    refusal: 401,
    asked: [],
    instead: undefined,
    gate: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return tokens;
}
