import { describe, expect, test } from 'vitest';
import { principal, principalKey } from '../../src/identity/principal.ts';

describe('a principal', () => {
  test.each(['6f1c2c8e-7f2b-4a53-8d8e-2f5b0a1d3c4e', 'not-a-guid', 'x'.repeat(128), 'a b', 'é'])(
    'may have the id %j',
    id => {
      expect(principal.parse({ kind: 'user', id })).toEqual({ kind: 'user', id });
    },
  );

  test.each(['', 'x'.repeat(129), 'a/b', 'a\\b', 'a#b', 'a?b', 'a|b', 'a\nb', 'a\u0000', 'a\u0085'])(
    'may not have the id %j',
    id => {
      expect(principal.safeParse({ kind: 'user', id }).success).toBe(false);
    },
  );

  test('is of a kind that Entra provisions', () => {
    expect(principal.safeParse({ kind: 'device', id: 'd' }).success).toBe(false);
    expect(principalKey({ kind: 'servicePrincipal', id: 's-1' })).toBe('servicePrincipal:s-1');
  });
});
