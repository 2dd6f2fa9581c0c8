import { describe, expect, test } from 'vitest';
import { GraphDirectory } from '../../src/directory/graph-directory.ts';
import { selections, unselectable } from '../../src/directory/graph-select.ts';
import { ConfigurationError } from '../../src/identity/errors.ts';
import { credential } from './graph.ts';

describe('what is selected', () => {
  test('what is always read comes first, extras once, and a delta of groups tracks members', () => {
    const { read, delta } = selections({ user: ['department', 'givenName', 'department'], group: ['mail'] });
    expect(read.user).toBe(
      'id,accountEnabled,userPrincipalName,displayName,givenName,surname,userType,department',
    );
    expect(delta.user).toBe(read.user);
    expect(delta.group).toBe(`${read.group},members`);
    expect(read.group.split(',')).toContain('mail');
    expect(delta.servicePrincipal).toBe(read.servicePrincipal);
  });

  test.for([
    'onPremisesExtensionAttributes/extensionAttribute1',
    'a,b',
    'x&$filter=y',
    '',
    'manager',
    'members',
    'skills',
    'signInActivity',
  ])('%j cannot be read along, and nothing starts with it', property => {
    expect(unselectable('user', property)).toContain(`'${property}'`);
    const start = (): unknown =>
      new GraphDirectory({
        baseUrl: 'https://graph.microsoft.com',
        credential,
        select: { user: [property] },
      });
    expect(start).toThrow(ConfigurationError);
  });

  test.for(['department', 'onPremisesExtensionAttributes', `extension_${'0a'.repeat(16)}_costCenter`])(
    '%s can',
    property => {
      expect(unselectable('user', property)).toBeUndefined();
    },
  );
});
