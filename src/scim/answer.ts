import type { z } from 'zod';
import { ScimTransportError } from './errors.ts';
import type { Call } from './transport.ts';

/** A success that is no SCIM, such as the sign-in page of a proxy, is not the target's word. */
export function acknowledge(body: string, call: Call): void {
  if (body.trim() !== '') parseJson(body, call);
}

export function parse<T>(schema: z.ZodType<T>, body: string, call: Call): T {
  return check(schema, parseJson(body, call), call);
}

function parseJson(body: string, call: Call): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw broken(call, 'answer is not JSON');
  }
}

export function check<T>(schema: z.ZodType<T>, value: unknown, call: Call): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw broken(call, `answer is not SCIM at ${result.error.issues[0]?.path.join('.') ?? ''}`);
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
