import { describe, expect, test } from 'vitest';
import { nearestName } from '../../src/identity/nearest-name.ts';

const known = ['mail', 'department', 'IsSoftDeleted', 'scope', 'id', 'userPrincipalName', 'Word', 'Lord'];

describe('the name that was meant', () => {
  test.each([
    ['one too many', 'departement', 'department'],
    ['one too few', 'departmnt', 'department'],
    ['another letter', 'email', 'mail'],
    ['neighbours swapped', 'socpe', 'scope'],
    ['two slips in a long name', 'userPrincipleName', 'userPrincipalName'],
    ['another case', 'issoftdeleted', 'IsSoftDeleted'],
    ['another case, though another name is one letter away', 'lord', 'Lord'],
    ['the first of two that are equally near', 'ford', 'Word'],
  ])('%s: %s', (_what, name, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });

  test.each([
    ['nothing like it', 'shoeSizeInCentimetres'],
    ['nothing at all', ''],
    ['two slips in a short name', 'xcoep'],
    ['three slips in a long name', 'usrPrinciplName1'],
  ])('is not guessed: %s', (_what, name) => {
    expect(nearestName(name, known)).toBeUndefined();
  });
});
