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

/** A URL of one of our hosts, taken apart. */
export interface Address {
  /** Still encoded. */
  path: string;
  query: URLSearchParams;
}

export function addressOf(url: string): Address {
  const [path = '', search = ''] = url.split(/\?(.*)/s);
  return { path, query: new URLSearchParams(search) };
}

/** `/Users?filter=userName eq "x"`: for logs, rules and gates. */
export function readablePath({ path, query }: Address): string {
  const parts = [...query].map(([name, value]) => `${name}=${value}`);
  return parts.length === 0 ? path : `${path}?${parts.join('&')}`;
}

export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
}

/** What a JWT says of whom it is for; nothing for any other token. Not verified: accepting is decided elsewhere. */
function claimsOf(token: string): Record<string, unknown> {
  const payload = parsedBody(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
}

/** The names that a token gives its bearer, the best one first. */
export function namesOf(token: string): string[] {
  const { oid, appid, azp, sub, upn, unique_name } = claimsOf(token);
  return [oid, appid, azp, sub, upn, unique_name].filter(name => typeof name === 'string');
}
