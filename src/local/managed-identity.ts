import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What App Service promises for a token: up to 24 hours. */
const LIFETIME_MS = 24 * 3_600_000;
const API_VERSION = '2019-08-01';

/** How the identity endpoint behaves. */
export interface ManagedIdentityOptions {
  /**
   * Client id of the one user-assigned identity. With it, a request that names no client id or another one is
   * refused; without it only the system-assigned identity exists and a named one is refused.
   */
  clientId?: string;
  /** Milliseconds for which a token is valid. Default: 24 hours. */
  lifetimeMs?: number;
}

/** The running identity endpoint of one imaginary App Service. */
export interface ManagedIdentity {
  /** Environment under which `ManagedIdentityCredential` and `DefaultAzureCredential` find the endpoint. */
  readonly env: { IDENTITY_ENDPOINT: string; IDENTITY_HEADER: string };
  /** How many tokens were issued. */
  readonly issued: number;
  /** Whether `token` was issued for exactly this resource, has not expired and was not revoked. */
  accepts(resource: string, token: string): boolean;
  /** Makes every token issued so far worthless. Clients that cached one find out only from a 401. */
  revokeAll(): void;
  close(): Promise<void>;
}

/**
 * Starts the managed identity endpoint of App Service and Functions on a free loopback port.
 * Source: Microsoft Learn, "How to use managed identities for App Service", REST endpoint reference.
 */
export async function startManagedIdentity(options: ManagedIdentityOptions = {}): Promise<ManagedIdentity> {
  const secret = randomBytes(16).toString('hex').toUpperCase();
  const lifetime = options.lifetimeMs ?? LIFETIME_MS;
  const objectId = randomUUID();
  const tokens = new Map<string, { resource: string; expires: number }>();
  let issued = 0;

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://identity.local');
    const refusal = refuse(request, url, secret, options.clientId);
    if (refusal !== undefined) return answer(response, 400, { statusCode: 400, message: refusal });

    const resource = url.searchParams.get('resource') ?? '';
    const expires = Date.now() + lifetime;
    const token = jsonWebToken({ aud: resource, oid: objectId, exp: Math.floor(expires / 1000) });
    tokens.set(token, { resource, expires });
    issued += 1;
    return answer(response, 200, {
      access_token: token,
      // Seconds since the epoch, as a string.
      expires_on: String(Math.floor(expires / 1000)),
      resource,
      token_type: 'Bearer',
      client_id: options.clientId ?? '00000000-0000-0000-0000-000000000001',
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: secret },
    get issued() {
      return issued;
    },
    accepts(resource, token) {
      // Guess, adversarial: the resource is compared as text. Entra ID writes it into `aud` as it was asked for, and
      // services differ in whether they forgive a slash at the end.
      const grant = tokens.get(token);
      return grant !== undefined && grant.resource === resource && grant.expires > Date.now();
    },
    revokeAll() {
      tokens.clear();
    },
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** In the form of an access token of Entra ID; the signature is random, since whoever checks asks {@link ManagedIdentity.accepts}. */
function jsonWebToken(claims: Readonly<Record<string, unknown>>): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ typ: 'JWT', alg: 'RS256' })}.${encode(claims)}.${randomBytes(32).toString('base64url')}`;
}

function refuse(
  request: IncomingMessage,
  url: URL,
  secret: string,
  clientId: string | undefined,
): string | undefined {
  if (request.method !== 'GET' || url.pathname !== '/msi/token') return 'Unknown request.';
  if (!equal(String(request.headers['x-identity-header'] ?? ''), secret))
    return 'X-IDENTITY-HEADER is missing or wrong.';
  if (url.searchParams.get('api-version') !== API_VERSION) return `api-version must be ${API_VERSION}.`;
  const resource = url.searchParams.get('resource');
  if (!resource) return 'resource is required.';
  // The SDKs strip the suffix; who sends a scope gets a token for a resource that does not exist.
  if (resource.endsWith('/.default')) return 'resource must not be a scope.';
  const asked = url.searchParams.get('client_id') ?? undefined;
  if (asked !== clientId) return 'No managed identity of that client id is assigned.';
  return undefined;
}

function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
