import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computedUserPrincipalName } from '../../src/mapping/sign-in-name.ts';

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
