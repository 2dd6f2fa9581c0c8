import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/identity/change.ts';
import {
  asChange,
  changeId,
  copyId,
  deliveryProperties,
  laterLookId,
  laterLookInstant,
  lookObligation,
  messageBody,
  obligationSubject,
  settleInstant,
} from '../../src/messaging/message.ts';

const kind = fc.constantFrom('user' as const, 'group' as const, 'servicePrincipal' as const);
const id = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[A-Za-z0-9 .'%é-]{1,128}$/),
  fc.constantFrom('1e3', '0', 'true', 'null', 'Infinity'),
);
const target = fc.oneof(
  fc.uuid().map(guid => `account-${guid}`),
  fc.constantFrom('1', 't', 'x'.repeat(128)),
);
const instant = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const change: fc.Arbitrary<Change> = fc.record({
  target,
  principal: fc.record({ kind, id }),
  cause: fc.constantFrom('notification' as const, 'poll' as const),
  notBefore: instant,
  heardAt: instant,
  correlationId: fc.uuid(),
});

describe('settleInstant', () => {
  const windowMs = fc.integer({ min: 500, max: 60_000 });
  const moment = fc.integer({ min: 1_600_000_000_000, max: 2_000_000_000_000 });

  test('is a window’s end, more than a second and at most a second and a window away', () => {
    fc.assert(
      fc.property(moment, windowMs, (at, window) => {
        const end = settleInstant(at, window);
        expect(end % window).toBe(0);
        expect(end - at).toBeGreaterThan(1_000);
        expect(end - at).toBeLessThanOrEqual(1_000 + window);
      }),
    );
  });

  test('is one for all changes of a window, so that they fold', () => {
    fc.assert(
      fc.property(moment, windowMs, fc.nat(), (at, window, later) => {
        const end = settleInstant(at, window);
        const other = at + (later % (end - 1_000 - at));
        expect(settleInstant(other, window)).toBe(end);
        expect(settleInstant(end - 1_000, window)).toBe(end + window);
      }),
    );
  });
});

test('a later look is due at a full minute, one to two minutes from now', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000_000_000_000 }), at => {
      const due = laterLookInstant(at, 60_000);
      expect(due % 60_000).toBe(0);
      expect(due - at).toBeGreaterThanOrEqual(60_000);
      expect(due - at).toBeLessThan(120_000);
    }),
  );
  expect(laterLookInstant(60_000, 60_000)).toBe(120_000);
  expect(laterLookInstant(60_001, 60_000)).toBe(180_000);
});

describe('ids', () => {
  const delivery = fc.record({
    attempt: fc.integer({ min: 0, max: 24 }),
    hops: fc.integer({ min: 0, max: 100_000 }),
  });

  test('are never numeric, not even to JSON, and at most 128 characters long', () => {
    fc.assert(
      fc.property(change, delivery, (of, copy) => {
        for (const chain of [
          changeId(of),
          laterLookId(of),
          `${obligationSubject(of.target, 'pump')}|p|w${of.notBefore}`,
        ]) {
          const messageId = copyId({ chain, ...copy });
          expect(messageId.length).toBeLessThanOrEqual(128);
          expect(Number(messageId)).toBeNaN();
          expect(() => JSON.parse(messageId)).toThrow(SyntaxError);
          expect(deliveryProperties.parse({ chain, ...copy })).toEqual({ chain, ...copy });
        }
      }),
    );
  });

  test('are equal for equal obligations, and only for those', () => {
    fc.assert(
      fc.property(change, change, (a, b) => {
        const same = [a, b].map(({ target: t, principal: p, notBefore }) =>
          JSON.stringify([t, p.kind, p.id, notBefore]),
        );
        expect(changeId(a) === changeId(b)).toBe(same[0] === same[1]);
        expect(changeId({ ...a, cause: 'audit', heardAt: 1, correlationId: 'other' })).toBe(changeId(a));
        expect(changeId(a)).not.toBe(laterLookId(a));
      }),
    );
  });

  test('of copies say which retry and which hand-on they are', () => {
    expect(copyId({ chain: 'p:x', attempt: 0, hops: 0 })).toBe('p:x');
    expect(copyId({ chain: 'p:x', attempt: 2, hops: 0 })).toBe('p:x|a2');
    expect(copyId({ chain: 'p:x', attempt: 2, hops: 3 })).toBe('p:x|a2|o3');
    expect(copyId({ chain: 'p:x', attempt: 0, hops: 1 })).toBe('p:x|o1');
  });
});

describe('the body of a message', () => {
  test('carries the change there and back, and no value of an attribute', () => {
    fc.assert(
      fc.property(change, of => {
        const wire: unknown = JSON.parse(JSON.stringify({ obligation: lookObligation(of) }));
        const { obligation } = messageBody.parse(wire);
        if (obligation.type !== 'look') throw new Error('not a look');
        expect(asChange(obligation)).toEqual(of);
      }),
    );
  });

  const look = {
    type: 'look',
    target: 't',
    principal: { kind: 'user', id: 'u' },
    cause: 'poll',
    notBefore: 1,
    heardAt: 1,
    correlationId: 'c',
  };
  test.each([
    ['nothing', {}],
    ['no obligation', { obligation: null }],
    ['an unknown obligation', { obligation: { ...look, type: 'delete' } }],
    ['an unknown kind', { obligation: { ...look, principal: { kind: 'device', id: 'd' } } }],
    ['an id that no key can hold', { obligation: { ...look, principal: { kind: 'user', id: 'a/b' } } }],
    ['a time that is no instant', { obligation: { ...look, notBefore: '1' } }],
    ['a fraction of a millisecond', { obligation: { ...look, heardAt: 1.5 } }],
    ['no target', { obligation: { ...look, target: '' } }],
    ['the top level, as a host would merge it', look],
  ])('is refused with %s', (_, body) => {
    expect(messageBody.safeParse(body).success).toBe(false);
  });

  test('properties of a message without a chain are refused, missing counts are none', () => {
    expect(deliveryProperties.safeParse({ attempt: 1 }).success).toBe(false);
    expect(deliveryProperties.safeParse({ chain: 'p:x', attempt: -1 }).success).toBe(false);
    expect(deliveryProperties.parse({ chain: 'p:x', attempt: '3' })).toEqual({
      chain: 'p:x',
      attempt: 3,
      hops: 0,
    });
  });
});
