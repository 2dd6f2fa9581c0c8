import { describe, expect, test } from 'vitest';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import type { MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { names, refusalOf } from './attribute-mapping-objects.ts';

type Row = [what: string, rule: MappingRule, property: string, text: RegExp, kind?: PrincipalKind];

describe('a rule is refused with the property and the reason', () => {
  test.each<Row>([
    [
      'no source at all',
      { target: 'displayName' },
      'target',
      /exactly one of source, constant, .*none of them/,
    ],
    [
      'two sources',
      { target: 'displayName', source: 'displayName', constant: 'x' },
      'constant',
      /exactly one of .*source and constant are there/,
    ],
    [
      'a misspelt source',
      { target: 'displayName', source: 'displayname' },
      'source',
      /did you mean "displayName"/,
    ],
    [
      'a misspelt source inside an expression',
      { target: 'displayName', expression: 'ToUpper([displayname])' },
      'expression',
      /did you mean "displayName"/,
    ],
    ['a reference', { target: 'displayName', source: 'manager' }, 'source', /refers to other objects/],
    [
      'an attribute of another kind',
      { target: 'roles', source: 'jobTitle', values: ['a'] },
      'source',
      /groups have no attribute "jobTitle"/,
      'group',
    ],
    [
      'several values for one',
      { target: 'displayName', source: 'proxyAddresses' },
      'source',
      /holds several values, displayName takes one/,
    ],
    ['an empty constant', { target: 'displayName', constant: '' }, 'constant', /use none: true/],
    [
      'an empty default',
      { target: 'displayName', source: 'displayName', default: '' },
      'default',
      /leave it out/,
    ],
    [
      'a default for a constant',
      { target: 'displayName', constant: 'x', default: 'y' },
      'default',
      /never empty/,
    ],
    [
      'a default that would be cleared again',
      { target: 'displayName', source: 'displayName', default: 'x', clearWhenEmpty: true },
      'default',
      /would take the default away again/,
    ],
    [
      'to clear what is required',
      { target: 'displayName', source: 'displayName', required: true, clearWhenEmpty: true },
      'clearWhenEmpty',
      /is required/,
    ],
    [
      'to clear the name',
      { target: 'displayName', source: 'mailNickname', clearWhenEmpty: true },
      'clearWhenEmpty',
      /is required/,
      'group',
    ],
    [
      'to clear what is written once',
      { target: 'displayName', source: 'displayName', apply: 'onCreate', clearWhenEmpty: true },
      'clearWhenEmpty',
      /on create only/,
    ],
    [
      'to clear the display name of a service principal, which is written once',
      { target: 'displayName', source: 'displayName', clearWhenEmpty: true },
      'clearWhenEmpty',
      /on create only/,
      'servicePrincipal',
    ],
    [
      'to clear the e-mail',
      { target: 'emails[type eq "work"].value', source: 'mail', clearWhenEmpty: true },
      'clearWhenEmpty',
      /on create only/,
    ],
    [
      'to clear by a constant',
      { target: 'displayName', constant: 'x', clearWhenEmpty: true },
      'clearWhenEmpty',
      /nothing that becomes empty/,
    ],
    [
      'to clear roles',
      { target: 'roles', source: 'department', values: ['a'], clearWhenEmpty: true },
      'clearWhenEmpty',
      /use assert/,
    ],
    [
      'required, with never a value',
      { target: 'displayName', none: true, required: true },
      'required',
      /never/,
    ],
    ['id without matching', { target: 'id', source: 'extensionAttribute1' }, 'matching', /needs matching/],
    ['id by a constant', { target: 'id', constant: '1', matching: 1 }, 'constant', /matched by a source/],
    [
      'id by default',
      { target: 'id', source: 'employeeId', matching: 1, default: '1' },
      'default',
      /no default/,
    ],
    [
      'matching by what many share',
      { target: 'displayName', source: 'displayName', matching: 1 },
      'matching',
      /names no single resource/,
    ],
    [
      'matching by the e-mail',
      { target: 'emails[type eq "work"].value', source: 'mail', matching: 1 },
      'matching',
      /names no single resource/,
    ],
    [
      'a precedence of zero',
      { target: 'externalId', source: 'objectId', matching: 0 },
      'matching',
      /whole number from 1/,
    ],
    [
      'what differs at every evaluation',
      { target: 'displayName', expression: 'Guid()' },
      'expression',
      /Guid differs at every evaluation: allowed only with apply: "onCreate"/,
    ],
    [
      'matching by what differs at every evaluation',
      { target: 'id', expression: 'Guid()', apply: 'onCreate', matching: 1 },
      'expression',
      /nobody would be found by id again/,
    ],
    [
      'values of a text',
      { target: 'displayName', source: 'displayName', values: ['a'] },
      'values',
      /only roles/,
    ],
    [
      'to assert a text',
      { target: 'displayName', source: 'displayName', assert: true },
      'assert',
      /only roles/,
    ],
    ['roles without values', { target: 'roles', source: 'department' }, 'values', /needs the values/],
    ['roles of no value', { target: 'roles', source: 'department', values: [] }, 'values', /at least one/],
    [
      'a value that ends the path it is written into',
      { target: 'roles', source: 'department', values: ['a"] or roles[value eq "account_admin'] },
      'values',
      /cannot be a value/,
    ],
    [
      'a value twice, in different spellings',
      { target: 'roles', source: 'department', values: ['Reader', 'reader'] },
      'values',
      /"reader" is listed twice/,
    ],
    [
      'an entitlement that nobody knows',
      { target: 'entitlements', source: 'department', values: ['workspace_access'] },
      'values',
      /knows no entitlement "workspace_access"; it knows .*workspace-access/,
    ],
    [
      'assert on create',
      { target: 'roles', source: 'department', values: ['a'], assert: true, apply: 'onCreate' },
      'assert',
      /cannot be asserted/,
    ],
    ['roles from nowhere', { target: 'roles', none: true, values: ['a'] }, 'none', /leave the rule out/],
    [
      'an unknown target',
      { target: 'title', source: 'jobTitle' },
      'target',
      /^title: Databricks keeps no such/,
    ],
    [
      'members',
      { target: 'members', source: 'members' },
      'target',
      /^members: members are implicit/,
      'group',
    ],
  ])('%s', (_, rule, property, text, kind = 'user') => {
    const own = rule.target === 'displayName' && kind === 'group' ? [] : names[kind];
    const error = refusalOf(kind, ...own, rule);
    expect(error.message).toMatch(text);
    expect(error.path).toEqual([own.length, property]);
  });

  test('a syntax error keeps its place inside the expression', () => {
    const error = refusalOf('user', ...names.user, { target: 'displayName', expression: 'ToUpper([mail]' });
    expect(error.path).toEqual([1, 'expression']);
    expect(error.message).toMatch(/line 1, column \d+/);
    expect(error.cause).toMatchObject({ line: 1, column: expect.any(Number) });
  });
});

describe('rules that do not go together', () => {
  test('one target twice', () => {
    const error = refusalOf('user', ...names.user, { target: 'userName', source: 'mail' });
    expect(error.path).toEqual([1, 'target']);
    expect(error.message).toBe('userName has a rule already: one attribute, one rule');
  });

  test('one precedence twice', () => {
    const error = refusalOf(
      'user',
      { target: 'userName', source: 'userPrincipalName', matching: 1 },
      { target: 'externalId', source: 'objectId', matching: 1 },
    );
    expect(error.path).toEqual([1, 'matching']);
  });
});
