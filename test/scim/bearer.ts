import type { ScimAuthorization } from '../../src/scim/authorization.ts';

/** One token, and no other when it is refused. */
export function bearer(token: string): ScimAuthorization {
  const signature = { headers: { Authorization: `Bearer ${token}` }, by: 'the token of the test' };
  return { sign: async refused => (refused.length === 0 ? signature : undefined) };
}
