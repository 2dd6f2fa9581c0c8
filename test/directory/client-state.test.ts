import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameOfSecret, readClientState, signClientState } from '../../src/directory/client-state.ts';

const [now, before, other] = ['0123456789abcdef', 'fedcba9876543210', 'somebody else entirely'];
const users = { resource: 'users', generation: 1_790_000_000_000 };

describe('a client state', () => {
  test('tells whoever knows the secret what it is for, and is short enough for Graph', () => {
    const signed = signClientState(now, users);
    expect(readClientState(signed, [now])).toEqual(users);
    expect(signed.length).toBeLessThanOrEqual(128);
    expect(signed).not.toContain(now);
  });

  test('is known under the secret before, and under no other', () => {
    const signed = signClientState(before, users);
    expect(readClientState(signed, [now, before])).toEqual(users);
    expect(readClientState(signed, [now])).toBeUndefined();
    expect(readClientState(signed, [now, other])).toBeUndefined();
    expect(readClientState(signed, [])).toBeUndefined();
  });

  test('is another one for each resource and generation', () => {
    const group = signClientState(now, { ...users, resource: 'groups' });
    const later = signClientState(now, { ...users, generation: users.generation + 1 });
    expect(new Set([signClientState(now, users), group, later]).size).toBe(3);
  });

  test('cannot be made to say something else', () => {
    const signed = signClientState(now, users);
    const [resource, generation = '', signature] = signed.split('.');
    const later = (Number.parseInt(generation, 36) + 1).toString(36);
    for (const forged of [
      `groups.${generation}.${signature}`,
      `${resource}.${later}.${signature}`,
      `${resource}.${generation.toUpperCase()}.${signature}`,
      `${resource}.${generation}.${signature?.slice(1)}A`,
      `${signed} `,
      `${resource}.${generation}.`,
    ])
      expect(readClientState(forged, [now]), forged).toBeUndefined();
  });

  test('may be the secret itself, as earlier releases had it', () => {
    expect(readClientState(before, [now, before])).toBe('unsigned');
    expect(readClientState('', [now])).toBeUndefined();
  });

  test('is nobody else’s, whatever is sent', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.stringMatching(/^[a-z]{1,6}\.[0-9a-z]{1,9}\.[\w-]{43}$/),
    );
    fc.assert(fc.property(text, given => readClientState(given, [now, before]) === undefined));
  });
});

test('the name of a secret tells it from another one, and hardly anything about it', () => {
  expect(nameOfSecret(now)).toBe(nameOfSecret(now));
  expect(nameOfSecret(now)).not.toBe(nameOfSecret(before));
  expect(nameOfSecret(now)).toHaveLength(4);
});
