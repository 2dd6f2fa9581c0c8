import type { Profile } from './profile.ts';
import { Refusal } from './refusal.ts';
import type { FaultRule } from './types.ts';

/** What goes back over the wire. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export function success(profile: Profile, status: number, body?: object): Answer {
  if (body === undefined) return { status, headers: {}, body: '' };
  return { status, headers: { 'content-type': contentType(profile) }, body: JSON.stringify(body) };
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

export function throttled(profile: Profile, waitMs: number, retryAfter: 'seconds' | 'none'): Answer {
  const headers = retryAfter === 'none' ? {} : { 'retry-after': `${Math.max(1, Math.ceil(waitMs / 1_000))}` };
  return refused(
    profile,
    new Refusal(429, 'Too many requests. Please try again later.'),
    headers as Record<string, string>,
  );
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
