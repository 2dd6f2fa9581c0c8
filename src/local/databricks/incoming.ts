import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal.ts';

/** Guess: no limit is documented; 5,000 members are half a megabyte. */
const LARGEST_BODY_BYTES = 10 * 1024 * 1024;

/** The request as text. @throws Refusal when it is too large. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(bytes);
  }
  if (size > LARGEST_BODY_BYTES) throw new Refusal(413, 'Request is too large');
  return Buffer.concat(chunks).toString('utf8');
}

/** Undefined for an empty or unreadable body: whoever needs one refuses that. */
export function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export interface Address {
  apiVersion: string;
  accountId: string;
  /** Below `/scim/v2`, still encoded. */
  path: string;
  query: URLSearchParams;
}

/** Takes an account SCIM address apart; undefined for any other. */
export function addressOf(url: string): Address | undefined {
  const [pathname = '', search = ''] = url.split(/\?(.*)/s);
  const match = /^\/api\/([^/]+)\/accounts\/([^/]+)\/scim\/v2(\/.*)$/.exec(pathname);
  const [, apiVersion, accountId, path] = match ?? [];
  if (apiVersion === undefined || accountId === undefined || path === undefined) return undefined;
  return { apiVersion, accountId, path, query: new URLSearchParams(search) };
}

/** `/Users?filter=userName eq "x"`: for logs, rules and gates. */
export function readablePath({ path, query }: Address): string {
  const parts = [...query].map(([name, value]) => `${name}=${value}`);
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

export function bearerToken(request: IncomingMessage): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** Who a JWT says it is for; nothing for any other token. Not verified: accepting tokens is decided elsewhere. */
export function principalOf(token: string): string | undefined {
  const payload = parsedBody(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  if (typeof payload !== 'object' || payload === null) return undefined;
  const claims = payload as Record<string, unknown>;
  const principal = claims.oid ?? claims.appid ?? claims.sub;
  return typeof principal === 'string' ? principal : undefined;
}
