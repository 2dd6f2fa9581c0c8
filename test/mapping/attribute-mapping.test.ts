import { describe, expect, test } from 'vitest';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { compileMapping, type MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { objectOf, objects } from './attribute-mapping-objects.ts';

const userName: MappingRule = { target: 'userName', source: 'userPrincipalName' };
const { user: zoe, group: team, servicePrincipal: robot } = objects;

/** A mapping of users with one rule beside the name, applied to one of them. */
function mapped(rule: MappingRule, changed: Readonly<Record<string, unknown>> = {}) {
  return compileMapping('user', [userName, rule]).map(objectOf('user', changed));
}

describe('the tables of the classic setup guide', () => {
  const users: MappingRule[] = [
    userName,
    { target: 'externalId', source: 'objectId' },
    { target: 'emails[type eq "work"].value', source: 'mail' },
    { target: 'displayName', expression: 'Join(" ", [givenName], [surname])' },
    { target: 'active', expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' },
  ];

  test('users map as they did', () => {
    const mapping = compileMapping('user', users);
    expect(mapping.map(objectOf('user', { displayName: 'somebody else' }))).toEqual({
      create: {
        userName: 'zoe@contoso.com',
        externalId: zoe.id,
        email: 'zoe@contoso.com',
        displayName: 'Zoë Brien',
        active: true,
      },
      set: { userName: 'zoe@contoso.com', externalId: zoe.id, displayName: 'Zoë Brien', active: true },
      match: { externalId: zoe.id, userName: 'zoe@contoso.com' },
      missing: [],
    });
    expect(mapping.map(objectOf('user', {}, { isSoftDeleted: true })).set.active).toBe(false);
  });

  test('extensionAttribute1 maps as a source', () => {
    expect(mapped({ target: 'displayName', source: 'extensionAttribute1' }).set.displayName).toBe('CC-7');
  });

  test.each<[string, PrincipalKind, MappingRule, RegExp]>([
    [
      'extensionAttribute1 as the external id',
      'user',
      { target: 'externalId', source: 'extensionAttribute1' },
      /Automatic Identity Management/,
    ],
    [
      'extensionAttribute1 as a target',
      'user',
      { target: 'extensionAttribute1', source: 'extensionAttribute1' },
      /an attribute of Entra ID: use it as a source/,
    ],
    ['members', 'group', { target: 'members', source: 'members' }, /members are implicit/],
  ])('%s is refused with the reason', (_, kind, rule, text) => {
    expect(() => compileMapping(kind, [rule])).toThrow(text);
  });

  test('groups map as they did', () => {
    const mapping = compileMapping('group', [
      { target: 'displayName', source: 'displayName' },
      { target: 'externalId', source: 'objectId' },
    ]);
    expect(mapping.map(objectOf('group'))).toEqual({
      create: { displayName: 'Team', externalId: team.id },
      set: { displayName: 'Team', externalId: team.id },
      match: { externalId: team.id, displayName: 'Team' },
      missing: [],
    });
  });
});

describe('what is created, and what is kept so', () => {
  type Row = [
    what: string,
    rule: MappingRule,
    source: Record<string, unknown>,
    create: unknown,
    set: unknown,
  ];
  const direct: MappingRule = { target: 'displayName', source: 'jobTitle' };
  test.each<Row>([
    ['Direct', direct, { jobTitle: 'Chief' }, 'Chief', 'Chief'],
    ['Direct of blanks, as they are', direct, { jobTitle: ' Chief ' }, ' Chief ', ' Chief '],
    ['Direct of a boolean', { target: 'displayName', source: 'accountEnabled' }, {}, 'True', 'True'],
    ['Direct without a value', direct, {}, undefined, undefined],
    ['Direct of an empty text', direct, { jobTitle: '' }, undefined, undefined],
    ['Direct, with a default', { ...direct, default: '?' }, { jobTitle: 'Chief' }, 'Chief', 'Chief'],
    ['a default, on create only', { ...direct, default: '?' }, {}, '?', undefined],
    ['a value to clear', { ...direct, clearWhenEmpty: true }, {}, undefined, ''],
    ['a value that is there', { ...direct, clearWhenEmpty: true }, { jobTitle: 'Chief' }, 'Chief', 'Chief'],
    ['on create', { ...direct, apply: 'onCreate' }, { jobTitle: 'Chief' }, 'Chief', undefined],
    ['on create, by default', { ...direct, apply: 'onCreate', default: '?' }, {}, '?', undefined],
    ['Constant', { target: 'displayName', constant: 'x' }, {}, 'x', 'x'],
    ['Constant, on create', { target: 'displayName', constant: 'x', apply: 'onCreate' }, {}, 'x', undefined],
    ['Expression', { target: 'displayName', expression: 'ToUpper([department])' }, {}, 'DATA', 'DATA'],
    [
      'Expression without a value',
      { target: 'displayName', expression: 'StripSpaces([jobTitle])' },
      {},
      undefined,
      undefined,
    ],
    [
      'Expression without a value, to clear',
      { target: 'displayName', expression: 'Coalesce([jobTitle])', clearWhenEmpty: true },
      {},
      undefined,
      '',
    ],
    [
      'an ignored flow is neither cleared nor filled',
      { target: 'displayName', expression: 'IgnoreFlowIfNullOrEmpty([jobTitle])', clearWhenEmpty: true },
      {},
      undefined,
      undefined,
    ],
    [
      'an ignored flow takes no default',
      { target: 'displayName', expression: 'IgnoreFlowIfNullOrEmpty([jobTitle])', default: '?' },
      {},
      undefined,
      undefined,
    ],
    ['None', { target: 'displayName', none: true }, {}, undefined, undefined],
    ['None, with a default', { target: 'displayName', none: true, default: '?' }, {}, '?', undefined],
  ])('%s', (_, rule, source, create, set) => {
    const resource = mapped(rule, source);
    expect([resource.create.displayName, resource.set.displayName]).toEqual([create, set]);
    expect(resource.missing).toEqual([]);
  });

  test('an empty text is no value, whoever reads it', () => {
    const rules: MappingRule[] = [
      userName,
      { target: 'displayName', source: 'displayName' },
      { target: 'name.givenName', expression: 'Append([givenName], "")' },
    ];
    const values: Record<string, string | boolean> = { userPrincipalName: 'z@x.com', IsSoftDeleted: false };
    const resource = compileMapping('user', rules).map(name => values[name] ?? '');
    expect(resource.create).toEqual({ userName: 'z@x.com', active: true });
    expect(resource.missing).toEqual(['externalId']);
  });

  test('a volatile expression, on create', () => {
    const { create, set } = mapped({ target: 'displayName', expression: 'Guid()', apply: 'onCreate' });
    expect(create.displayName).toMatch(/^[0-9a-f-]{36}$/i);
    expect(set).not.toHaveProperty('displayName');
  });

  test.each<[string, MappingRule['apply'], boolean]>([
    ['left alone, since automations refer to it', undefined, false],
    ['left alone on demand', 'onCreate', false],
    ['kept equal where that is switched on', 'always', true],
  ])('the display name of a service principal is %s', (_, apply, kept) => {
    const mapping = compileMapping('servicePrincipal', [
      { target: 'displayName', source: 'displayName', apply },
    ]);
    const common = { applicationId: robot.appId, externalId: robot.id, active: true };
    const { create, set } = mapping.map(objectOf('servicePrincipal'));
    expect(create).toEqual({ ...common, displayName: 'Robot' });
    expect(set).toEqual(kept ? create : common);
  });

  test('a name from another attribute, and a change of it is noticed although it is written once', () => {
    const mapping = compileMapping('user', [
      { target: 'userName', source: 'mail', apply: 'onCreate', required: true },
    ]);
    const { create, set } = mapping.map(objectOf('user', { mail: 'z@contoso.com' }));
    expect([create.userName, set.userName]).toEqual(['z@contoso.com', 'z@contoso.com']);
  });

  test('a guest is named by the address that was invited', () => {
    const userPrincipalName = 'mia_fabrikam.com#EXT#@contoso.onmicrosoft.com';
    expect(mapped({ target: 'displayName', none: true }, { userPrincipalName }).create.userName).toBe(
      'mia@fabrikam.com',
    );
  });
});

describe('without a required value the object is left as it is', () => {
  test.each<[string, MappingRule, Record<string, unknown>, string[]]>([
    ['by its own rule', { target: 'displayName', source: 'jobTitle', required: true }, {}, ['displayName']],
    [
      'nothing but blanks',
      { target: 'displayName', source: 'jobTitle', required: true },
      { jobTitle: '  ' },
      ['displayName'],
    ],
    [
      'an ignored flow',
      { target: 'name.givenName', expression: 'IgnoreFlowIfNullOrEmpty([jobTitle])', required: true },
      {},
      ['name.givenName'],
    ],
    [
      'a default will do',
      { target: 'displayName', source: 'jobTitle', required: true, default: '?' },
      {},
      [],
    ],
    ['the name', { target: 'displayName', source: 'jobTitle' }, { userPrincipalName: '' }, ['userName']],
    ['roles', { target: 'roles', source: 'jobTitle', values: ['a'], required: true }, {}, ['roles']],
    ['nobody to look for', { target: 'id', source: 'jobTitle', matching: 1 }, {}, ['id']],
  ])('%s', (_, rule, source, missing) => {
    expect(mapped(rule, source).missing).toEqual(missing);
  });

  test.each([[null], [''], [' \t']])('a group named %j', displayName => {
    const mapping = compileMapping('group', [{ target: 'displayName', source: 'displayName' }]);
    const resource = mapping.map(objectOf('group', { displayName }));
    expect(resource.missing).toEqual(['displayName']);
    expect(resource.create).toEqual({ externalId: team.id });
  });
});

test('tells which source attributes it reads, each once', () => {
  const mapping = compileMapping('user', [
    userName,
    { target: 'displayName', expression: 'Join(" ", [givenName], [surname], [givenName])' },
    { target: 'name.givenName', source: 'givenName' },
  ]);
  expect(new Set(mapping.attributes)).toEqual(
    new Set(['objectId', 'IsSoftDeleted', 'userPrincipalName', 'givenName', 'surname']),
  );
  expect(mapping.attributes).toHaveLength(5);
});

test('redacted values are known before the first object is read', () => {
  const mapping = compileMapping('user', [
    userName,
    { target: 'displayName', expression: 'Redact([displayName])' },
    { target: 'roles', expression: 'Split(Redact([department]), ",")', values: ['a'] },
  ]);
  expect(mapping.redacted).toEqual(new Set(['displayName', 'roles', 'roles[value eq "a"]']));
});
