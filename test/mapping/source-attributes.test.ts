import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { Permanent } from '../../src/identity/errors.ts';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import {
  selectOf,
  sourceAttribute,
  sourceAttributes,
  sourceReader,
  whyNoSourceAttribute,
} from '../../src/mapping/source-attributes.ts';

const kinds = ['user', 'group', 'servicePrincipal'] as const satisfies readonly PrincipalKind[];
const computed = { isSoftDeleted: false, appRoles: [] };
const extension = 'extension_0123456789abcdef0123456789abcdef_costCenter';

/** The properties of a resource in Graph's published TypeScript types: what `$select` may name. */
function graphProperties(resource: string): Set<string> {
  const types = createRequire(import.meta.url).resolve(
    '@microsoft/microsoft-graph-types/microsoft-graph.d.ts',
  );
  const text = readFileSync(types, 'utf8');
  const body =
    new RegExp(`export interface ${resource} extends \\w+ \\{(.*?)\\n\\}`, 's').exec(text)?.[1] ?? '';
  return new Set([...body.matchAll(/^ {4}(\w+)\?:/gm)].map(([, name]) => name ?? '').concat('id'));
}

describe('the table of source attributes', () => {
  test.each([
    ['user', 'User'],
    ['group', 'Group'],
    ['servicePrincipal', 'ServicePrincipal'],
  ] as const)('asks of a %s only what Graph has', (kind, resource) => {
    const known = graphProperties(resource);
    expect(known.size).toBeGreaterThan(20);
    const unknown = sourceAttributes(kind).filter(({ select }) => select !== undefined && !known.has(select));
    expect(unknown).toEqual([]);
  });

  // The attributes of the User object in Microsoft's example of a synchronization schema; extensionAttribute1 for all.
  test.each(
    [
      'objectId IsSoftDeleted accountEnabled streetAddress city state postalCode country companyName department',
      'dirSyncEnabled displayName extensionAttribute1 extensionAttribute15 facsimileTelephoneNumber givenName jobTitle',
      'mail mailNickname mobile onPremisesSecurityIdentifier originalUserPrincipalName physicalDeliveryOfficeName',
      'preferredLanguage proxyAddresses surname telephoneNumber userPrincipalName',
    ].flatMap(names => names.split(' ')),
  )('knows what the Entra connector calls %s', name => {
    expect(sourceAttribute('user', name)).toMatchObject({ name });
  });

  test.each(kinds)('names every attribute of a %s once, with what to select unless we compute it', kind => {
    const all = sourceAttributes(kind);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const each of all) {
      expect(each.computed === true).toBe(each.select === undefined);
      expect(sourceAttribute(kind, each.name)).toBe(each);
    }
  });

  test.each<[PrincipalKind, string]>([
    ['user', 'manager'],
    ['user', 'Department'],
    ['user', 'extensionAttribute0'],
    ['user', 'extensionAttribute16'],
    ['user', 'extensionAttribute01'],
    ['user', 'extension_0123_costCenter'],
    ['user', `${extension}.x`],
    ['user', 'toString'],
    ['user', '__proto__'],
    ['user', ''],
    ['group', 'members'],
    ['group', 'department'],
    ['group', 'extensionAttribute1'],
    ['servicePrincipal', extension],
    ['servicePrincipal', 'userPrincipalName'],
  ])('has for a %s no attribute "%s"', (kind, name) => {
    expect(sourceAttribute(kind, name)).toBeUndefined();
    expect(() => selectOf(kind, [name])).toThrow(RangeError);
    expect(() => sourceReader(kind, { [name]: 'x' }, computed)(name)).toThrow(RangeError);
  });

  test.each<[PrincipalKind, string, string]>([
    ['user', 'departement', 'users have no attribute "departement": did you mean "department"?'],
    ['user', 'issoftdeleted', 'users have no attribute "issoftdeleted": did you mean "IsSoftDeleted"?'],
    ['user', 'email', 'users have no attribute "email": did you mean "mail"?'],
    ['user', 'shoeSizeInCentimetres', 'users have no attribute "shoeSizeInCentimetres"'],
    ['user', '', 'users have no attribute ""'],
    ['user', 'manager', '"manager" refers to other objects and has no value to read'],
    ['group', 'members', '"members" refers to other objects and has no value to read'],
    ['group', 'zzzzzzzz', 'groups have no attribute "zzzzzzzz"'],
    [
      'user',
      'extension_costCenter',
      'users have no attribute "extension_costCenter": a directory extension is named extension_<application id, 32 hex digits>_<name>',
    ],
    [
      'servicePrincipal',
      extension,
      `service principals have no attribute "${extension}": service principals have no directory extensions`,
    ],
  ])('says why a %s has no %s', (kind, name, text) => {
    expect(whyNoSourceAttribute(kind, name)).toBe(text);
  });
});

describe('the properties to select', () => {
  test('are top-level properties, each once, and none for what we compute', () => {
    const names = [
      'objectId',
      'id',
      'userPrincipalName',
      'originalUserPrincipalName',
      'extensionAttribute1',
      'extensionAttribute2',
      'telephoneNumber',
      'mobile',
      'mobilePhone',
      'employeeOrgData.costCenter',
      extension,
      'IsSoftDeleted',
      'appRoleAssignments',
    ];
    expect(selectOf('user', names)).toEqual([
      'id',
      'userPrincipalName',
      'onPremisesExtensionAttributes',
      'businessPhones',
      'mobilePhone',
      'employeeOrgData',
      extension,
    ]);
  });
});

describe('reading a user', () => {
  const guest = {
    id: '6d0f8b3c-1a52-4c1e-9a57-2f1f0c9b7e10',
    userPrincipalName: 'mia_fabrikam.com#EXT#@contoso.onmicrosoft.com',
    displayName: 'Mia',
    department: '',
    companyName: ' ',
    jobTitle: null,
    accountEnabled: false,
    employeeHireDate: '2026-01-31T00:00:00Z',
    businessPhones: ['+49 30 1', '+49 30 2'],
    otherMails: ['', 'mia@fabrikam.com', ''],
    proxyAddresses: [],
    imAddresses: ['', ''],
    mobilePhone: '+49 171 1',
    officeLocation: 'B4',
    onPremisesExtensionAttributes: {
      extensionAttribute1: 'x',
      extensionAttribute2: '',
      extensionAttribute3: null,
    },
    employeeOrgData: { costCenter: '42' },
    onPremisesSyncEnabled: null,
    [extension]: 'R&D',
  };
  const read = sourceReader('user', guest, { isSoftDeleted: true, appRoles: ['Reader', '', 'Writer'] });

  test.each([
    ['objectId', guest.id],
    ['id', guest.id],
    ['userPrincipalName', 'mia@fabrikam.com'],
    ['originalUserPrincipalName', guest.userPrincipalName],
    ['displayName', 'Mia'],
    ['department', null],
    ['companyName', ' '],
    ['jobTitle', null],
    ['accountEnabled', false],
    ['employeeHireDate', '2026-01-31T00:00:00Z'],
    ['telephoneNumber', '+49 30 1'],
    ['businessPhones', ['+49 30 1', '+49 30 2']],
    ['otherMails', ['mia@fabrikam.com']],
    ['proxyAddresses', null],
    ['imAddresses', null],
    ['mobile', '+49 171 1'],
    ['mobilePhone', '+49 171 1'],
    ['physicalDeliveryOfficeName', 'B4'],
    ['extensionAttribute1', 'x'],
    ['extensionAttribute2', null],
    ['extensionAttribute3', null],
    ['extensionAttribute4', null],
    ['employeeOrgData.costCenter', '42'],
    ['employeeOrgData.division', null],
    ['dirSyncEnabled', null],
    ['IsSoftDeleted', true],
    ['appRoleAssignments', ['Reader', 'Writer']],
    [extension, 'R&D'],
  ])('%s', (name, expected) => {
    expect(read(name)).toEqual(expected);
  });

  test.each([
    ['no telephone number', { businessPhones: [] }, 'telephoneNumber', null],
    ['an empty first telephone number', { businessPhones: ['', '+49 30 2'] }, 'telephoneNumber', null],
    ['no on-premises attributes', { onPremisesExtensionAttributes: null }, 'extensionAttribute1', null],
    ['an extension that is true', { [extension]: true }, extension, 'True'],
    ['an extension that is false', { [extension]: false }, extension, 'False'],
    ['an extension that is a number', { [extension]: 42 }, extension, '42'],
    ['an extension without a value, which Graph leaves out', {}, extension, null],
    ['no app roles', {}, 'appRoleAssignments', null],
  ])('with %s', (_what, properties, name, expected) => {
    expect(sourceReader('user', properties, computed)(name)).toBe(expected);
  });
});

describe('an answer that does not hold what was asked for is no empty value', () => {
  const reading =
    (properties: object, name: string): (() => unknown) =>
    () =>
      sourceReader('user', { ...properties }, computed)(name);

  test.each([
    ['department', 'department'],
    ['mobile', 'mobilePhone'],
    ['telephoneNumber', 'businessPhones'],
    ['extensionAttribute1', 'onPremisesExtensionAttributes'],
    ['userPrincipalName', 'userPrincipalName'],
  ])('%s, where %s is missing', (name, property) => {
    const missing = expect.objectContaining({
      code: 'SourceAttributeMissing',
      message: `Graph's answer about a user lacks ${property}, which ${name} is read from`,
    });
    expect(reading({ id: 'e-1' }, name)).toThrow(missing);
    expect(reading({ [property]: undefined }, name)).toThrow(missing);
  });

  test('a property that every JavaScript object inherits is not part of the answer', () => {
    const inherited = Object.create({ department: 'Sales' });
    expect(() => sourceReader('user', inherited, computed)('department')).toThrow(Permanent);
  });

  test.each([
    ['department', 5],
    ['department', ['Sales']],
    ['department', { name: 'Sales' }],
    ['accountEnabled', 'true'],
    ['employeeHireDate', 0],
    ['otherMails', 'mia@contoso.com'],
    ['otherMails', ['mia@contoso.com', null]],
    ['userPrincipalName', 5],
    ['telephoneNumber', '+49 30 1', 'businessPhones'],
    ['telephoneNumber', [5], 'businessPhones'],
    ['extensionAttribute1', 'secret', 'onPremisesExtensionAttributes'],
    ['extensionAttribute1', ['secret'], 'onPremisesExtensionAttributes'],
    ['extensionAttribute1', { extensionAttribute1: 5 }, 'onPremisesExtensionAttributes'],
    [extension, ['R', 'D']],
  ])('%s, where Graph sends %j', (name, value, property = name) => {
    const attempt = reading({ [property]: value }, name);
    expect(attempt).toThrow(expect.objectContaining({ code: 'SourceAttributeType' }));
    expect(attempt).not.toThrow(/secret|mia@/);
  });
});

test('groups and service principals are read by their own properties', () => {
  const group = sourceReader(
    'group',
    { id: 'g-1', displayName: 'Sales', groupTypes: ['Unified'], securityEnabled: true, mail: null },
    computed,
  );
  expect(['objectId', 'groupTypes', 'securityEnabled', 'mail'].map(group)).toEqual([
    'g-1',
    ['Unified'],
    true,
    null,
  ]);

  const app = sourceReader(
    'servicePrincipal',
    { id: 's-1', appId: 'a-1', tags: [], servicePrincipalType: 'ManagedIdentity' },
    computed,
  );
  expect(['objectId', 'appId', 'tags', 'servicePrincipalType'].map(app)).toEqual([
    's-1',
    'a-1',
    null,
    'ManagedIdentity',
  ]);
});
