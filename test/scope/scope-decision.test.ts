import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceReader } from '../../src/identity/source-values.ts';
import { compileFilters } from '../../src/scope/filter.ts';
import { decideScope, type ScopeFacts, type ScopePolicy } from '../../src/scope/scope-decision.ts';
import { nobody, reading } from './reading.ts';

const everybody = {
  user: compileFilters('user', []),
  group: compileFilters('group', []),
  servicePrincipal: compileFilters('servicePrincipal', []),
};
const engineers = {
  ...everybody,
  user: compileFilters('user', [[{ attribute: 'department', operator: 'EQUALS', value: 'Engineering' }]]),
};
const policy: ScopePolicy = {
  mode: 'assigned',
  guests: true,
  microsoft365Groups: false,
  include: new Set(),
  exclude: new Set(),
  filters: everybody,
};
const user: ScopeFacts = {
  kind: 'user',
  id: 'E-1',
  entitled: true,
  read: reading({ department: 'Engineering' }),
  memberOf: nobody,
};
const salesman = { ...user, read: reading({ department: 'Sales' }) };
const stranger = { ...user, entitled: false };
const guest = { ...user, isGuest: true };
const group = (securityEnabled: boolean | null, isMicrosoft365Group = false): ScopeFacts => ({
  ...user,
  kind: 'group',
  isMicrosoft365Group,
  read: reading({ securityEnabled }),
});
const listed = new Set(['e-1']);

const verdict = (changes: Partial<ScopePolicy>, facts: ScopeFacts): string => {
  const decided = decideScope({ ...policy, ...changes }, facts);
  return decided.inScope ? 'in scope' : decided.reason;
};

describe('scope', () => {
  test.each<[string, Partial<ScopePolicy>, ScopeFacts, string]>([
    ['somebody entitled', {}, user, 'in scope'],
    ['somebody who is not', {}, stranger, 'unassigned'],
    ['somebody entitled who passes the filters', { filters: engineers }, user, 'in scope'],
    ['somebody entitled who does not', { filters: engineers }, salesman, 'filteredOut'],
    // Why he is out decides what the lifecycle policy does to him: an assignment that is missing comes first.
    [
      'somebody neither entitled nor admitted',
      { filters: engineers },
      { ...salesman, entitled: false },
      'unassigned',
    ],
    ['a guest where guests are on', {}, guest, 'in scope'],
    ['a guest where guests are off', { guests: false }, guest, 'filteredOut'],
    [
      'a guest who is not entitled, where guests are off',
      { guests: false },
      { ...guest, entitled: false },
      'unassigned',
    ],
    ['a member where guests are off', { guests: false }, { ...user, isGuest: false }, 'in scope'],

    ['an excluded one', { exclude: listed }, user, 'filteredOut'],
    ['an excluded one who is not entitled', { exclude: listed }, stranger, 'filteredOut'],
    ['one excluded and included', { exclude: listed, include: listed }, user, 'filteredOut'],
    ['an included one who is not entitled', { include: listed }, stranger, 'in scope'],
    ['an included guest', { include: listed, guests: false }, guest, 'in scope'],
    ['an included one who passes no filter', { include: listed, filters: engineers }, salesman, 'in scope'],
    [
      'one beside the lists',
      { include: new Set(['e-2']), exclude: new Set(['e-3']) },
      stranger,
      'unassigned',
    ],

    ['a security group', {}, group(true), 'in scope'],
    ['a distribution list', {}, group(false), 'filteredOut'],
    [
      'a distribution list, Microsoft 365 groups on',
      { microsoft365Groups: true },
      group(false),
      'filteredOut',
    ],
    ['a group that may be anything', {}, group(null), 'filteredOut'],
    ['a Microsoft 365 group', {}, group(false, true), 'filteredOut'],
    ['a security-enabled Microsoft 365 group', {}, group(true, true), 'filteredOut'],
    ['a Microsoft 365 group, switched on', { microsoft365Groups: true }, group(false, true), 'in scope'],
    ['a security group beside Microsoft 365 groups', { microsoft365Groups: true }, group(true), 'in scope'],
    ['an included distribution list', { include: listed }, group(false), 'in scope'],
    ['a service principal', {}, { ...user, kind: 'servicePrincipal', read: reading({}) }, 'in scope'],
  ])('of %s', (_who, changes, facts, expected) => {
    expect(verdict(changes, facts)).toBe(expected);
  });

  test('each kind has filters of its own', () => {
    expect(verdict({ filters: engineers }, group(true))).toBe('in scope');
  });

  test('nobody leaves it because an attribute could not be read', () => {
    const unreadable: SourceReader = () => {
      throw new Error('the answer lacks department');
    };
    expect(() => verdict({ filters: engineers }, { ...user, read: unreadable })).toThrow('lacks department');
  });

  test('nothing is read of a principal whose fate the lists or the assignment settle', () => {
    const unread = { ...user, read: reading({}) };
    expect(verdict({ exclude: listed, filters: engineers }, unread)).toBe('filteredOut');
    expect(verdict({ include: listed, filters: engineers }, unread)).toBe('in scope');
    expect(verdict({ filters: engineers }, { ...unread, entitled: false })).toBe('unassigned');
  });

  test('grows with every permission and shrinks with every exclusion, whatever the rest says', () => {
    const flag = fc.boolean();
    fc.assert(
      fc.property(flag, flag, flag, flag, flag, (entitled, isGuest, guests, passes, includes) => {
        const facts: ScopeFacts = { ...(passes ? user : salesman), entitled, isGuest };
        const base = { guests, filters: engineers, include: includes ? listed : new Set<string>() };
        const before = verdict(base, facts);
        expect(verdict({ ...base, exclude: listed }, facts)).toBe('filteredOut');
        expect(verdict({ ...base, include: listed }, facts)).toBe('in scope');
        if (before !== 'in scope') return;
        for (const more of [{ guests: true }, { filters: everybody }])
          expect(verdict({ ...base, ...more }, facts)).toBe('in scope');
        expect(verdict(base, { ...facts, entitled: true })).toBe('in scope');
      }),
    );
  });
});
