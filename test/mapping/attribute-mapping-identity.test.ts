import { describe, expect, test } from 'vitest';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { compileMapping, type MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { names, refusalOf } from './attribute-mapping-objects.ts';

const softDeleted = 'Switch([IsSoftDeleted], , "False", "True", "True", "False")';

describe('who somebody is cannot be mapped away', () => {
  test.each<[string, MappingRule, string, PrincipalKind?]>([
    ['externalId from mailNickname', { target: 'externalId', source: 'mailNickname' }, 'source'],
    [
      'externalId from extensionAttribute1',
      { target: 'externalId', source: 'extensionAttribute1' },
      'source',
    ],
    [
      'externalId by an expression',
      { target: 'externalId', expression: 'ToLower([objectId])' },
      'expression',
    ],
    ['externalId by a constant', { target: 'externalId', constant: '1' }, 'constant'],
    ['externalId left alone', { target: 'externalId', none: true }, 'none'],
    ['externalId once', { target: 'externalId', source: 'objectId', apply: 'onCreate' }, 'apply'],
    ['externalId of a group from its mail', { target: 'externalId', source: 'mail' }, 'source', 'group'],
    [
      'applicationId from the owner',
      { target: 'applicationId', source: 'appOwnerOrganizationId' },
      'source',
      'servicePrincipal',
    ],
    [
      'applicationId by a constant',
      { target: 'applicationId', constant: 'aaaa' },
      'constant',
      'servicePrincipal',
    ],
  ])('%s', (_, rule, property, kind = 'user') => {
    const error = refusalOf(kind, ...names[kind], rule);
    expect(error.path).toEqual([names[kind].length, property]);
    expect(error.message).toContain(
      rule.target === 'externalId' ? 'Automatic Identity Management' : 'another identity',
    );
  });

  test.each<[string, MappingRule, string, PrincipalKind]>([
    ['one name for all users', { target: 'userName', constant: 'admin@contoso.com' }, 'constant', 'user'],
    [
      'a name from no attribute',
      { target: 'userName', expression: '"admin@contoso.com"' },
      'expression',
      'user',
    ],
    ['no name', { target: 'userName', none: true, default: 'admin@contoso.com' }, 'none', 'user'],
    [
      'a name for who has none',
      { target: 'userName', source: 'mail', default: 'admin@contoso.com' },
      'default',
      'user',
    ],
    [
      'a new name at every look',
      { target: 'userName', expression: 'Append([mailNickname], Guid())', apply: 'onCreate' },
      'expression',
      'user',
    ],
    ['one name for all groups', { target: 'displayName', constant: 'admins' }, 'constant', 'group'],
    [
      'a name for groups without one',
      { target: 'displayName', source: 'displayName', default: 'admins' },
      'default',
      'group',
    ],
  ])('%s', (_, rule, property, kind) => {
    expect(refusalOf(kind, rule).path).toEqual([0, property]);
  });

  test.each<[PrincipalKind, string]>([
    ['user', 'userName'],
    ['group', 'displayName'],
  ])('rules for a %s without %s are refused', (kind, name) => {
    const error = refusalOf(kind, { target: 'externalId', source: 'objectId' });
    expect(error.path).toEqual([]);
    expect(error.message).toContain(`"target":"${name}"`);
  });
});

describe('active follows IsSoftDeleted alone', () => {
  test.each<[string, MappingRule]>([
    ['Direct', { target: 'active', source: 'IsSoftDeleted' }],
    ['the Switch of old guides', { target: 'active', expression: softDeleted }],
    ['Not', { target: 'active', expression: 'Not([IsSoftDeleted])' }],
    ['IIF', { target: 'active', expression: 'IIF([IsSoftDeleted], "False", "True")' }],
  ])('accepted: %s', (_, rule) => {
    expect(() => compileMapping('user', [...names.user, rule])).not.toThrow();
    expect(() => compileMapping('servicePrincipal', [rule])).not.toThrow();
  });

  test.each<[string, MappingRule, string]>([
    ['always on', { target: 'active', constant: 'True' }, 'constant'],
    ['never touched', { target: 'active', none: true }, 'none'],
    [
      'accountEnabled, which forgets who was unassigned',
      { target: 'active', source: 'accountEnabled' },
      'source',
    ],
    ['upside down', { target: 'active', expression: 'Not(Not([IsSoftDeleted]))' }, 'expression'],
    [
      'upside down by Switch',
      { target: 'active', expression: 'Switch([IsSoftDeleted], , "True", "True", "False", "False")' },
      'expression',
    ],
    [
      'on for leavers too',
      { target: 'active', expression: 'Switch([IsSoftDeleted], "True", "False", "True")' },
      'expression',
    ],
    [
      'off for everybody',
      { target: 'active', expression: 'Switch([IsSoftDeleted], "False", "True", "False")' },
      'expression',
    ],
    [
      'another attribute, never reached',
      {
        target: 'active',
        expression: 'Switch([IsSoftDeleted], [department], "False", "True", "True", "False")',
      },
      'expression',
    ],
    [
      'chance, never reached',
      { target: 'active', expression: 'Switch([IsSoftDeleted], Guid(), "False", "True", "True", "False")' },
      'expression',
    ],
    [
      'nothing for leavers',
      { target: 'active', expression: 'Switch([IsSoftDeleted], , "False", "True")' },
      'expression',
    ],
    [
      'left alone for leavers',
      {
        target: 'active',
        expression: 'IgnoreFlowIfNullOrEmpty(Switch([IsSoftDeleted], "", "False", "True"))',
      },
      'expression',
    ],
    [
      'another attribute as well',
      {
        target: 'active',
        expression:
          'Switch([department], Switch([IsSoftDeleted], , "False", "True", "True", "False"), "IT", "True")',
      },
      'expression',
    ],
    [
      'by chance',
      { target: 'active', expression: 'Switch([IsSoftDeleted], Guid(), "False", "True")' },
      'expression',
    ],
    ['only once', { target: 'active', expression: softDeleted, apply: 'onCreate' }, 'apply'],
  ])('refused: %s', (_, rule, property) => {
    const error = refusalOf('user', ...names.user, rule);
    expect(error.path).toEqual([1, property]);
    expect(error.message).toContain('lifecycle');
  });
});
