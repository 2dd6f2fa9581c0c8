import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../src/identity/desired.ts';
import { kindTraits } from '../../src/planning/kind-traits.ts';
import {
  type LinkFacts,
  nameChangeIsRefused,
  planResource,
  type Wanted,
} from '../../src/planning/resource-plan.ts';

const { user, group } = kindTraits;

const mia = { userName: 'mia@contoso.com', displayName: 'Mia', externalId: 'e', active: true };
const wanted: Wanted = { create: mia, set: mia };
const leaver: Wanted = { set: { active: false } };
const nobody: Wanted = { set: {} };

function link(more: Partial<LinkFacts> = {}): LinkFacts {
  return { status: 'linked', name: mia.userName, written: mia, ...more };
}

describe('without a link', () => {
  test('who is wanted is created', () => {
    expect(planResource(wanted, undefined, user)).toEqual({ action: 'create', attributes: mia });
  });

  test('who is not wanted is none of our business', () => {
    expect(planResource(leaver, undefined, user)).toEqual({ action: 'ignore' });
  });
});

describe('with a link', () => {
  test.each([
    ['nothing differs', wanted, link(), { action: 'none' }],
    ['nothing is wanted to be set', nobody, link(), { action: 'none' }],
    ['a create is open', wanted, link({ status: 'creating', written: {} }), { action: 'resolve' }],
    [
      'a create is open and no longer wanted',
      leaver,
      link({ status: 'creating', written: {} }),
      { action: 'resolve' },
    ],
    ['somebody else took it away', wanted, link({ status: 'gone' }), { action: 'gone' }],
    [
      'somebody else took it away, and it is not wanted',
      leaver,
      link({ status: 'gone' }),
      { action: 'none' },
    ],
    [
      'somebody else took it away, and it may be back and is to be off',
      leaver,
      link({ status: 'gone', scimId: '1' }),
      { action: 'gone' },
    ],
    [
      'somebody else took it away, and nothing is wanted of it',
      nobody,
      link({ status: 'gone', scimId: '1' }),
      { action: 'none' },
    ],
    ['the person left', leaver, link(), { action: 'update', changes: { active: false }, effect: 'revoke' }],
    ['the person left before', leaver, link({ written: { ...mia, active: false } }), { action: 'none' }],
    [
      'the person came back',
      wanted,
      link({ written: { ...mia, active: false } }),
      { action: 'update', changes: { active: true }, effect: 'grant' },
    ],
    [
      'the record says nothing of the account',
      wanted,
      link({ written: {} }),
      { action: 'update', changes: { displayName: 'Mia', externalId: 'e', active: true }, effect: 'grant' },
    ],
    [
      'a name changed',
      { ...wanted, set: { ...mia, displayName: 'Mia M.' } },
      link(),
      { action: 'update', changes: { displayName: 'Mia M.' }, effect: 'attribute' },
    ],
    [
      'a revocation and a new name come together',
      { set: { active: false, displayName: 'Mia M.' } },
      link(),
      { action: 'update', changes: { active: false, displayName: 'Mia M.' }, effect: 'revoke' },
    ],
    [
      'the last write is uncertain',
      wanted,
      link({ intent: { attributes: { displayName: 'Mia' } } }),
      { action: 'update', changes: { displayName: 'Mia' }, effect: 'attribute' },
    ],
    [
      'a revocation was written, but perhaps not last',
      leaver,
      link({ written: { ...mia, active: false }, intent: { attributes: { active: true } } }),
      { action: 'update', changes: { active: false }, effect: 'revoke' },
    ],
    [
      'a revocation is uncertain and no longer wanted',
      wanted,
      link({ intent: { attributes: { active: false } } }),
      { action: 'update', changes: { active: true }, effect: 'grant' },
    ],
    [
      'an audit saw another value',
      wanted,
      link({ uncertain: ['displayName'] }),
      { action: 'update', changes: { displayName: 'Mia' }, effect: 'attribute' },
    ],
    [
      'an audit saw an account off that we had switched on',
      wanted,
      link({ uncertain: ['active'] }),
      { action: 'update', changes: { active: true }, effect: 'attribute' },
    ],
    [
      'an attribute is not mapped',
      { set: { displayName: undefined, active: true } },
      link({ uncertain: ['displayName'] }),
      { action: 'none' },
    ],
  ] satisfies [string, Wanted, LinkFacts, object][])('when %s', (_, want, facts, expected) => {
    expect(planResource(want, facts, user)).toEqual(expected);
  });

  test('a userName is never among the changes, a group name is', () => {
    const renamed = { set: { userName: 'mia.m@contoso.com', displayName: 'Data' } };
    expect(
      planResource(renamed, link({ written: { displayName: 'Data' }, uncertain: ['userName'] }), user),
    ).toEqual({
      action: 'none',
    });
    const facts = link({ name: 'Old', written: { displayName: 'Old' } });
    expect(planResource({ set: { displayName: 'Data' } }, facts, group)).toEqual({
      action: 'update',
      changes: { displayName: 'Data' },
      effect: 'attribute',
    });
  });

  test('one acknowledged write is enough: the next look finds nothing to do', () => {
    const value = fc.oneof(fc.constantFrom('a', 'b', ''), fc.boolean());
    const attributes = fc.dictionary(
      fc.constantFrom('displayName', 'givenName', 'active', 'externalId'),
      value,
    );
    const facts = fc.record({
      written: attributes,
      intent: fc.option(
        attributes.map(a => ({ attributes: a })),
        { nil: undefined },
      ),
      uncertain: fc.option(fc.uniqueArray(fc.constantFrom('displayName', 'active')), { nil: undefined }),
    });
    fc.assert(
      fc.property(attributes, facts, (set: Attributes, before) => {
        const plan = planResource({ set }, link(before), user);
        const changes = plan.action === 'update' ? plan.changes : {};
        const written = { ...before.written, ...changes };
        expect(planResource({ set }, link({ written }), user)).toEqual({ action: 'none' });
      }),
    );
  });
});

describe('a change of name that the target does not take', () => {
  const other: Wanted = { set: { userName: 'mia.m@contoso.com' } };

  test('is noticed for a linked user', () => {
    expect(nameChangeIsRefused(other, link(), user)).toBe(true);
  });

  test.each([
    ['in case only', { set: { userName: 'MIA@Contoso.com' } }, link(), user],
    ['of a group', { set: { displayName: 'New' } }, link({ name: 'Old' }), group],
    ['of somebody without a link', other, undefined, user],
    ['of a tombstone', other, link({ status: 'gone' }), user],
    ['that is not wanted', leaver, link(), user],
  ] satisfies [string, Wanted, LinkFacts | undefined, object][])('is none %s', (_, want, facts, traits) => {
    expect(nameChangeIsRefused(want, facts, traits)).toBe(false);
  });
});
