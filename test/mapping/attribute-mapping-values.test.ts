import { describe, expect, test } from 'vitest';
import { type Attributes, valuePath } from '../../src/identity/desired.ts';
import { compileMapping, type MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { names, objectOf, objects } from './attribute-mapping-objects.ts';

const kinds = ['user', 'group', 'servicePrincipal'] as const;

/** The flags of one list, by value. */
function flags(list: string, attributes: Attributes): Attributes {
  const entries = Object.entries(attributes).filter(([key]) => key.startsWith(`${list}[`));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(list.length + 11, -2), value]));
}

const fromAppRoles: MappingRule = {
  target: 'roles',
  source: 'appRoleAssignments',
  values: ['analyst', 'builder'],
};

describe('roles and entitlements', () => {
  test.each<[string, Partial<MappingRule>, string[], Attributes, Attributes]>([
    ['additive', {}, ['analyst'], { analyst: true }, { analyst: true }],
    ['additive, nothing given', {}, [], {}, {}],
    [
      'asserted',
      { assert: true },
      ['analyst'],
      { analyst: true, builder: false },
      { analyst: true, builder: false },
    ],
    [
      'asserted, nothing given',
      { assert: true },
      [],
      { analyst: false, builder: false },
      { analyst: false, builder: false },
    ],
    [
      'what is not declared',
      { assert: true, values: ['builder'] },
      ['analyst'],
      { builder: false },
      { builder: false },
    ],
    ['another spelling of what is declared', {}, ['Analyst', 'builder '], {}, {}],
    ['on create', { apply: 'onCreate' }, ['analyst'], { analyst: true }, {}],
  ])('%s', (_, change, appRoles, create, set) => {
    for (const kind of kinds) {
      const mapping = compileMapping(kind, [...names[kind], { ...fromAppRoles, ...change }]);
      const resource = mapping.map(objectOf(kind, {}, { appRoles }));
      expect(flags('roles', resource.create)).toEqual(create);
      expect(flags('roles', resource.set)).toEqual(set);
    }
  });

  test.each<[string, MappingRule, Attributes]>([
    [
      'a list from an expression',
      { target: 'entitlements', expression: 'Split([department], ",")', values: ['workspace-access'] },
      { 'workspace-access': true },
    ],
    [
      'one value from an expression',
      {
        target: 'entitlements',
        expression: 'Switch([givenName], "databricks-sql-access", "Zoë", "workspace-access")',
        values: ['workspace-access', 'databricks-sql-access'],
        assert: true,
      },
      { 'workspace-access': true, 'databricks-sql-access': false },
    ],
    [
      'a constant',
      { target: 'entitlements', constant: 'workspace-access', values: ['workspace-access'] },
      { 'workspace-access': true },
    ],
    [
      'an ignored flow, which takes nothing away',
      {
        target: 'entitlements',
        expression: 'IgnoreFlowIfNullOrEmpty([jobTitle])',
        values: ['workspace-access'],
        assert: true,
      },
      {},
    ],
  ])('from %s', (_, rule, expected) => {
    const mapping = compileMapping('user', [...names.user, rule]);
    const read = objectOf('user', { department: 'workspace-access, allow-cluster-create' });
    expect(flags('entitlements', mapping.map(read).set)).toEqual(expected);
  });
});

describe('administration', () => {
  const admins = [
    'account_admin',
    'ACCOUNT_ADMIN ',
    'Workspace Admin',
    'marketplace_admin',
    'ADMIN',
    'ａｄｍｉｎ',
  ].map(value => value.trim());

  test.each(admins)('%s is given to nobody who is not on the list, whatever the source says', value => {
    for (const kind of kinds) {
      const rule: MappingRule = { ...fromAppRoles, values: [value], assert: true };
      const adminAllowList = new Set(['00000000-1111-4222-8333-444455556666']);
      const mapping = compileMapping(kind, [...names[kind], rule], { adminAllowList });
      const { create, set } = mapping.map(objectOf(kind, {}, { appRoles: [value] }));
      expect([flags('roles', create), flags('roles', set)]).toEqual([{}, {}]);
    }
  });

  test('is given to who is on the list, whatever the case of his id', () => {
    for (const kind of kinds) {
      const id = objects[kind].id.toUpperCase();
      const mapping = compileMapping(kind, [...names[kind], { ...fromAppRoles, values: ['account_admin'] }], {
        adminAllowList: new Set([id.toLowerCase()]),
      });
      const { set } = mapping.map(objectOf(kind, { id }, { appRoles: ['account_admin'] }));
      expect(set[valuePath('roles', 'account_admin')]).toBe(true);
    }
  });

  test.each([[true], [false]])('is never taken away, on the list: %j', listed => {
    const rule: MappingRule = { ...fromAppRoles, values: ['account_admin', 'analyst'], assert: true };
    const adminAllowList = new Set(listed ? [objects.user.id] : []);
    const { set } = compileMapping('user', [...names.user, rule], { adminAllowList }).map(objectOf('user'));
    expect(flags('roles', set)).toEqual({ analyst: false });
  });
});
