import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AdoptionDecision, decideAdoption, type ExistingResource } from '../../src/planning/adoption.ts';

const user = { name: 'mia@contoso.com', externalId: 'e-mia', adoptableName: 'mia@contoso.com' } as const;
/** His userName is mapped from something that he may change himself. */
const mapped = { ...user, adoptableName: 'mia.m@contoso.com' } as const;
type Wanted = Parameters<typeof decideAdoption>[0];
const group = { name: 'Data Team', externalId: 'e-data' } as const;

function found(wanted: Wanted, more: Partial<ExistingResource> = {}): ExistingResource {
  return { name: wanted.name, roles: [], ...more };
}

describe('a resource that already exists', () => {
  test.each<[string, AdoptionDecision, Wanted, Partial<ExistingResource>]>([
    ['ours, same name: user', 'adopt', user, { externalId: 'e-mia' }],
    ['ours, same name: group', 'adopt', group, { externalId: 'e-data' }],
    ['ours, name differs in case', 'adopt', group, { externalId: 'e-data', name: 'DATA team ' }],
    ['ours, other name: user', 'propose', user, { externalId: 'e-mia', name: 'mia.m@contoso.com' }],
    ['ours, other name: group', 'propose', group, { externalId: 'e-data', name: 'Data' }],
    ['nobody’s user of that userName', 'adopt', user, {}],
    ['nobody’s user of that userName, empty external id', 'adopt', user, { externalId: '' }],
    ['nobody’s user of that userName, in capitals', 'adopt', user, { name: 'MIA@CONTOSO.COM' }],
    ['nobody’s user, named by a mapping', 'propose', mapped, {}],
    ['nobody’s group of that name', 'propose', group, {}],
    ['nobody’s user of another name', 'propose', user, { name: 'other@contoso.com' }],
    ['somebody else’s user', 'refuse', user, { externalId: 'e-other' }],
    ['somebody else’s group', 'refuse', group, { externalId: 'e-other' }],
    ['an external id in another case is another id', 'refuse', user, { externalId: 'E-MIA' }],
    ['an administrator’s account that is nobody’s', 'refuse', user, { roles: ['x', 'account_admin'] }],
    [
      'an administrator’s account that carries our id',
      'refuse',
      user,
      { externalId: 'e-mia', roles: ['account_admin'] },
    ],
    ['an administrators’ group', 'refuse', group, { roles: ['account_admin'] }],
    ['nobody’s account that somebody switched off', 'propose', user, { active: false }],
    [
      'an account with our id that somebody switched off',
      'propose',
      user,
      { externalId: 'e-mia', active: false },
    ],
    [
      'somebody else’s account that is switched off',
      'refuse',
      user,
      { externalId: 'e-other', active: false },
    ],
  ])('%s: %s', (_, decision, wanted, more) => {
    expect(decideAdoption(wanted, found(wanted, more))).toBe(decision);
  });

  test('is never taken over without asking from somebody else, from an administrator, or under another name', () => {
    const existing = fc.record({
      name: fc.constantFrom('mia@contoso.com', 'Mia@Contoso.com', 'Data Team', 'x'),
      externalId: fc.constantFrom(undefined, '', 'e-mia', 'e-data', 'e-other'),
      active: fc.constantFrom(undefined, true, false),
      roles: fc.subarray(['account_admin', 'marketplace.admin']),
    });
    fc.assert(
      fc.property(fc.constantFrom(user, group), existing, (wanted, resource) => {
        if (decideAdoption(wanted, resource) !== 'adopt') return;
        expect(['', undefined, wanted.externalId]).toContain(resource.externalId);
        expect(resource.roles).not.toContain('account_admin');
        expect(resource.active).not.toBe(false);
        expect(resource.name.toLowerCase()).toBe(wanted.name.toLowerCase());
        if (!('adoptableName' in wanted)) expect(resource.externalId).toBe(wanted.externalId);
      }),
      { numRuns: 1_000 },
    );
  });
});
