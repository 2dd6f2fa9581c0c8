import type { z } from 'zod';
import { ScimTransportError } from './errors.ts';
import type { Call } from './transport.ts';

/** A success that is no SCIM, such as the sign-in page of a proxy, is not the target's word. */
export function acknowledge(body: string, call: Call): void {
  if (body.trim() !== '') parseJson(body, call);
}

/** What `JSON.parse` asks about each value; `source` is a number as it is written. */
export type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

export function parse<T>(schema: z.ZodType<T>, body: string, call: Call, reviver?: Reviver): T {
  return check(schema, parseJson(body, call, reviver), call);
}

function parseJson(body: string, call: Call, reviver?: Reviver): unknown {
  try {
    return JSON.parse(body, reviver);
  } catch {
    throw broken(call, 'answer is not JSON');
  }
}

export function check<T>(schema: z.ZodType<T>, value: unknown, call: Call): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw broken(call, `answer is not as documented at ${result.error.issues[0]?.path.join('.') ?? ''}`);
}

export function broken(call: Call, reason: string): ScimTransportError {
  const mayHaveApplied = call.method !== 'GET';
  return new ScimTransportError({
    kind: 'protocol',
    method: call.method,
    path: call.path,
    mayHaveApplied,
    reason,
  });
}
