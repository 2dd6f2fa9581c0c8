import type { Profile } from './profile.ts';
import { Refusal } from './refusal.ts';
import type { FaultRule, Limits } from './types.ts';

/** What goes back over the wire. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function success(profile: Profile, status: number, body?: object): Answer {
  if (body === undefined) return { status, headers: {}, body: '' };
  return { ...json(status, body), headers: { 'content-type': contentType(profile) } };
}

/** JSON in which a bigint is an int64: a number, beyond what readers of doubles keep apart. */
export function json(status: number, body: unknown): Answer {
  const marked = JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'bigint' ? `\0int64:${value}` : value,
  );
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: marked.replaceAll(/"\\u0000int64:(-?\d+)"/g, '$1'),
  };
}

/** An error in the shape of the API version: SCIM's, or the platform's (databricks-sdk-go, apierr/errors.go). */
export function refused(profile: Profile, refusal: Refusal, headers: Record<string, string> = {}): Answer {
  const { status, detail, scimType, code } = refusal;
  const scim = {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    ...(scimType !== undefined && { scimType }),
    detail,
    status: `${status}`,
  };
  const body = profile.errors === 'scim' ? scim : { error_code: code, message: detail };
  return {
    status,
    headers: { 'content-type': contentType(profile), ...headers },
    body: JSON.stringify(body),
  };
}

export function throttled(profile: Profile, waitMs: number, { retryAfter, body = 'own' }: Limits): Answer {
  const headers: Record<string, string> = {};
  if (retryAfter === 'seconds') headers['retry-after'] = `${Math.max(1, Math.ceil(waitMs / 1_000))}`;
  if (body === 'empty') return { status: 429, headers, body: '' };
  if (body === 'html') {
    const page = '<html><body><pre>Too Many Requests</pre></body></html>';
    return { status: 429, headers: { 'content-type': 'text/html', ...headers }, body: page };
  }
  return refused(profile, new Refusal(429, 'Too many requests. Please try again later.'), headers);
}

export function faulty(profile: Profile, rule: FaultRule, status: number): Answer {
  if (rule.body === undefined) return refused(profile, new Refusal(status, 'Unexpected error'), rule.headers);
  const text = typeof rule.body === 'string';
  return {
    status,
    headers: {
      'content-type': rule.contentType ?? (text ? 'text/plain' : contentType(profile)),
      ...rule.headers,
    },
    body: typeof rule.body === 'string' ? rule.body : JSON.stringify(rule.body),
  };
}

function contentType(profile: Profile): string {
  return profile.errors === 'scim' ? 'application/scim+json' : 'application/json';
}
