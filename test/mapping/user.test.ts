import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mapGroup } from '../../src/mapping/group.ts';
import { computedUserPrincipalName, mapUser } from '../../src/mapping/user.ts';

const source = {
  id: 'e-1',
  userPrincipalName: "zoe.o'brien@contoso.com",
  displayName: 'Zoë O’Brien 🦊',
  givenName: 'Zoë',
  surname: "O'Brien",
};

describe('the name that a person signs in with', () => {
  test.each([
    ['mia@contoso.com', 'mia@contoso.com'],
    ['mia_fabrikam.com#EXT#@contoso.onmicrosoft.com', 'mia@fabrikam.com'],
    ['mia.de_vries_fabrikam.com#EXT#@contoso.onmicrosoft.com', 'mia.de_vries@fabrikam.com'],
    ['mia_fabrikam.com#ext#@contoso.onmicrosoft.com', 'mia@fabrikam.com'],
    ['_fabrikam.com#EXT#@contoso.com', '@fabrikam.com'],
    ['mia#EXT#@contoso.com', 'mia'],
    ['mia_ext@contoso.com', 'mia_ext@contoso.com'],
    // Upper-casing makes these longer: the marker must be found in the name itself.
    ['straße_fabrikam.com#EXT#@contoso.com', 'straße@fabrikam.com'],
    ['ŉﬃ_fabrikam.com#Ext#@contoso.com', 'ŉﬃ@fabrikam.com'],
  ])('of %s is %s', (given, expected) => {
    expect(computedUserPrincipalName(given)).toBe(expected);
  });

  test('of a guest is the address that was invited, whatever it looks like', () => {
    const local = fc.string({ unit: 'grapheme', minLength: 1 }).filter(text => !/#ext#|@/i.test(text));
    fc.assert(
      fc.property(local, fc.domain(), (alias, domain) => {
        const stored = `${alias}_${domain}#EXT#@contoso.onmicrosoft.com`;
        expect(computedUserPrincipalName(stored)).toBe(`${alias}@${domain}`);
      }),
    );
  });
});

describe('mapUser', () => {
  test('names the person, and says whether he may sign in', () => {
    expect(mapUser(source, false)).toEqual({
      userName: "zoe.o'brien@contoso.com",
      displayName: 'Zoë O’Brien 🦊',
      givenName: 'Zoë',
      familyName: "O'Brien",
      externalId: 'e-1',
      active: false,
    });
  });

  test.each([[null], ['']])('leaves out what the source holds as %j, so that nothing is cleared', empty => {
    const mapped = mapUser({ ...source, displayName: empty, givenName: empty, surname: empty }, true);
    expect(Object.keys(mapped).sort()).toEqual(['active', 'externalId', 'userName']);
  });
});

describe('mapGroup', () => {
  test('takes the name as it is', () => {
    expect(mapGroup({ id: 'g', displayName: ' Data – Team 😀' })).toEqual({
      displayName: ' Data – Team 😀',
      externalId: 'g',
    });
  });

  test.each([[null], [''], ['  \t']])('has nothing to create under the name %j', displayName => {
    expect(mapGroup({ id: 'g', displayName })).toBeUndefined();
  });
});
