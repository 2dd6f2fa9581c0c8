import { expect, test } from 'vitest';
import type { Wanted } from '../../src/planning/resource-plan.ts';
import { gateOf, refuseUnlessRevoking, TargetClosed } from '../../src/provisioning/target-gate.ts';
import type { LinkRow } from '../../src/state/links.ts';

const state = { indexed: true, planOnly: false } as Parameters<typeof gateOf>[0];
const link = {} as LinkRow;

test('what is kept back says why, under a name of its own', () => {
  expect(() => refuseUnlessRevoking('revoking', { set: {} }, link)).toThrow(
    expect.objectContaining({ name: 'TargetClosed', message: 'the target takes revocations only' }),
  );
});

test('a target takes everything once it is read to the end and nobody has to approve its plan', () => {
  expect(gateOf(state)).toBe('open');
  expect(gateOf({ ...state, indexed: false })).toBe('revoking');
  expect(gateOf({ ...state, planOnly: true })).toBe('revoking');
});

test.each<[string, Wanted, LinkRow | undefined, boolean]>([
  ['switching an account off passes', { set: { active: false } }, link, true],
  ['nothing to be done for somebody unknown passes', { set: {} }, undefined, true],
  ['a create waits', { create: { active: true }, set: { active: true } }, undefined, false],
  // Created at once, an account would be there although it is to be off.
  ['a create of what is to be off waits', { create: { active: false }, set: { active: false } }, link, false],
  ['switching on waits', { set: { active: true } }, link, false],
  ['a new name waits', { set: { displayName: 'x' } }, link, false],
])('while it takes revocations only, %s', (_, wanted, known, passes) => {
  const refuse = () => refuseUnlessRevoking('revoking', wanted, known);
  if (passes) expect(refuse).not.toThrow();
  else expect(refuse).toThrow(TargetClosed);
  expect(() => refuseUnlessRevoking('open', wanted, known)).not.toThrow();
});
