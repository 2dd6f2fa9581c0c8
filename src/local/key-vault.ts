import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The identifier that tokens for a vault are asked for, in the public cloud. */
export const KEY_VAULT_RESOURCE = 'https://vault.azure.net';

/** Versions on a page of the list (REST reference, "Get Secret Versions"). */
const LONGEST_PAGE = 25;

export interface LocalKeyVaultOptions {
  /** Whether a token is one for {@link KEY_VAULT_RESOURCE} that may read this vault. */
  acceptToken(token: string): boolean;
}

export interface SecretAttributes {
  readonly enabled?: boolean;
  /** Milliseconds since the epoch; the vault keeps seconds. */
  readonly notBefore?: number;
  readonly expiresAt?: number;
}

interface StoredVersion {
  readonly version: string;
  readonly value: string;
  /** Seconds since the epoch, as everything that a vault says of time. */
  readonly created: number;
  attributes: SecretAttributes;
}

type Operation = 'list' | 'get';

/** What happens instead of an answer. `hang` never answers; `garbled` answers with all but the end of the body. */
export type VaultFault = { readonly status: number; readonly code: string } | 'hang' | 'garbled';

/** A running stand-in for one Key Vault, for reading secrets. */
export interface LocalKeyVault {
  readonly url: string;
  /** Requests that came with a good token, by operation. */
  readonly requests: Readonly<Record<Operation, number>>;
  /** What the caller may do. Both, at first. */
  permissions: ReadonlySet<Operation>;
  fault: VaultFault | undefined;
  /** Called before a permitted request is answered. */
  gate: ((operation: Operation) => void) | undefined;
  /** The address of a secret without a version. */
  secretUrl(name: string): string;
  /** Adds a version and gives its id. */
  set(name: string, value: string, attributes?: SecretAttributes): string;
  /** Changes attributes; the value of a version never changes. */
  update(name: string, version: string, attributes: SecretAttributes): void;
  close(): Promise<void>;
}

/**
 * Starts a Key Vault on a free loopback port, with the two requests that read secrets. Sources: Microsoft Learn, REST
 * reference of Key Vault secrets, "Authentication, requests and responses", "About Azure Key Vault secrets".
 */
export async function startKeyVault(options: LocalKeyVaultOptions): Promise<LocalKeyVault> {
  const secrets = new Map<string, StoredVersion[]>();
  const requests = { list: 0, get: 0 };
  const server = createServer((request, response) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || !options.acceptToken(token)) return challenge(response);
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (!url.searchParams.has('api-version')) return refuse(response, 400, 'BadParameter');
    const [, collection, name = '', version = '', ...rest] = url.pathname.split('/');
    if (request.method !== 'GET' || collection !== 'secrets' || name === '' || rest.length > 0)
      return refuse(response, 404, 'NotFound');
    const operation = version === 'versions' ? 'list' : 'get';
    requests[operation] += 1;
    if (!vault.permissions.has(operation)) return refuse(response, 403, 'Forbidden');
    vault.gate?.(operation);
    const { fault } = vault;
    if (fault === 'hang') return;
    if (fault !== undefined && fault !== 'garbled') return refuse(response, fault.status, fault.code);
    // Names are compared without case.
    const versions = secrets.get(name.toLowerCase()) ?? [];
    if (operation === 'list') return answer(response, 200, page(request, url, versions));
    const found = version === '' ? versions.at(-1) : versions.find(stored => stored.version === version);
    if (found === undefined) return refuse(response, 404, 'SecretNotFound');
    if (found.attributes.enabled === false) return refuse(response, 403, 'Forbidden');
    // Neither date keeps anybody from reading the value: they are information.
    const secret = { value: found.value, ...shown(url, name, found) };
    return answer(response, 200, secret, fault === 'garbled' ? -1 : undefined);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const vault: LocalKeyVault = {
    url,
    requests,
    permissions: new Set(['list', 'get']),
    fault: undefined,
    gate: undefined,
    secretUrl: name => `${url}/secrets/${name}`,
    set(name, value, attributes = {}) {
      const version = randomBytes(16).toString('hex');
      const versions = secrets.get(name.toLowerCase()) ?? [];
      versions.push({ version, value, attributes, created: Math.floor(Date.now() / 1_000) });
      secrets.set(name.toLowerCase(), versions);
      return version;
    },
    update(name, version, attributes) {
      const stored = secrets.get(name.toLowerCase())?.find(candidate => candidate.version === version);
      if (stored === undefined) throw new Error(`no version ${version} of ${name}`);
      stored.attributes = { ...stored.attributes, ...attributes };
    },
    async close() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
  return vault;
}

/** Guess, adversarial: versions come in the order of their random ids, and a page may be the last but for an empty one. */
function page(request: IncomingMessage, url: URL, versions: StoredVersion[]): object {
  const name = url.pathname.split('/')[2] ?? '';
  const size = Math.min(Number(url.searchParams.get('maxresults') ?? LONGEST_PAGE), LONGEST_PAGE);
  const skip = Number(url.searchParams.get('$skiptoken') ?? 0);
  const sorted = versions.toSorted((a, b) => a.version.localeCompare(b.version));
  const next = new URL(url);
  next.searchParams.set('$skiptoken', String(skip + size));
  // As behind the TLS that a vault always has.
  const nextLink = `https://${request.headers.host}${next.pathname}${next.search}`;
  return {
    // A secret that does not exist has no versions: no 404 (guess, adversarial).
    value: sorted.slice(skip, skip + size).map(stored => shown(url, name, stored)),
    nextLink: sorted.length >= skip + size ? nextLink : null,
  };
}

function shown(url: URL, name: string, { version, created, attributes }: StoredVersion): object {
  const seconds = (ms: number | undefined): number | undefined => ms && Math.floor(ms / 1_000);
  return {
    id: `https://${url.host}/secrets/${name}/${version}`,
    attributes: {
      enabled: attributes.enabled ?? true,
      nbf: seconds(attributes.notBefore),
      exp: seconds(attributes.expiresAt),
      created,
      updated: created,
      recoveryLevel: 'Recoverable+Purgeable',
      recoverableDays: 90,
    },
  };
}

/** Every client begins without a token, to hear from the vault where to get one, and for what. */
function challenge(response: ServerResponse): void {
  const tenant = 'https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000';
  response.setHeader(
    'www-authenticate',
    `Bearer authorization="${tenant}", resource="${KEY_VAULT_RESOURCE}"`,
  );
  refuse(response, 401, 'Unauthorized');
}

function refuse(response: ServerResponse, status: number, code: string): void {
  answer(response, status, { error: { code, message: `${code}.` } });
}

/** @param end where the text of the body is cut off, as `slice` counts. */
function answer(response: ServerResponse, status: number, body: unknown, end?: number): void {
  const text = JSON.stringify(body).slice(0, end);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(text);
}
