import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../src/identity/desired.ts';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { compileMapping, MappingFailure, type MappingRule } from '../../src/mapping/attribute-mapping.ts';
import { objectOf, objects } from './attribute-mapping-objects.ts';

const userName: MappingRule = { target: 'userName', source: 'userPrincipalName' };
const { user: zoe, servicePrincipal: robot } = objects;

/** A mapping of users with one rule beside the name, applied to one of them. */
function mapped(rule: MappingRule, changed: Readonly<Record<string, unknown>> = {}) {
  return compileMapping('user', [userName, rule]).map(objectOf('user', changed));
}

describe('the work e-mail', () => {
  const email: MappingRule = { target: 'emails[type eq "work"].value', source: 'mail' };

  test('is written with userName in its own spelling', () => {
    const { create, set, createRefusal } = mapped(email, { mail: 'Zoe@Contoso.com' });
    expect([create.email, set.email, createRefusal]).toEqual(['zoe@contoso.com', undefined, undefined]);
  });

  test('keeps nobody from being created who has none', () => {
    const { create, missing, createRefusal } = mapped(email, { mail: null });
    expect([create.email, missing, createRefusal]).toEqual([undefined, [], undefined]);
  });

  test('is no way to another account: one that differs from userName refuses the create, and changes nothing else', () => {
    const { create, set, createRefusal } = mapped(email, { mail: 'admin@contoso.com' });
    expect(createRefusal).toMatchObject({ code: 'MappingEmailDiffers', attribute: email.target });
    expect(createRefusal?.message).not.toContain('admin@');
    expect(create.userName).toBe('zoe@contoso.com');
    expect(set).toEqual({ userName: 'zoe@contoso.com', externalId: zoe.id, active: true });
  });
});

describe('how an existing resource is looked for', () => {
  test.each<[string, PrincipalKind, MappingRule[], string[], Attributes]>([
    ['by default: a user', 'user', [userName], ['externalId', 'userName'], { externalId: zoe.id }],
    [
      'by default: a service principal',
      'servicePrincipal',
      [],
      ['externalId', 'applicationId'],
      { applicationId: robot.appId, externalId: robot.id },
    ],
    [
      'lowest precedence first',
      'user',
      [
        { ...userName, matching: 10 },
        { target: 'externalId', source: 'id', matching: 9 },
        { target: 'id', source: 'extensionAttribute1', matching: 2 },
      ],
      ['id', 'externalId', 'userName'],
      { id: 'CC-7', userName: 'zoe@contoso.com' },
    ],
    [
      'only what is named',
      'group',
      [{ target: 'displayName', source: 'displayName', matching: 1 }],
      ['displayName'],
      { displayName: 'Team' },
    ],
  ])('%s', (_, kind, rules, keys, match) => {
    const mapping = compileMapping(kind, rules);
    expect(mapping.matching).toEqual(keys.map(key => ({ key })));
    expect(mapping.map(objectOf(kind)).match).toMatchObject(match);
  });

  test('id is never written', () => {
    const { create, set, match } = mapped({ target: 'id', source: 'extensionAttribute1', matching: 1 });
    expect([create, set].some(attributes => 'id' in attributes)).toBe(false);
    expect(match).toEqual({ id: 'CC-7' });
  });
});

describe('an object whose values cannot be used', () => {
  test.each<[string, PrincipalKind, MappingRule[], Record<string, unknown>, string, string]>([
    [
      'a group name beyond 255 characters',
      'group',
      [{ target: 'displayName', source: 'displayName' }],
      { displayName: 'secret'.repeat(43) },
      'MappingValueTooLong',
      'displayName',
    ],
    [
      'an object id beyond 64 characters',
      'user',
      [userName],
      { id: 'secret'.repeat(11) },
      'MappingValueTooLong',
      'externalId',
    ],
    [
      'several values for one',
      'user',
      [userName, { target: 'displayName', expression: 'Split([department], ",")' }],
      { department: 'secret,other' },
      'MappingValueIsList',
      'displayName',
    ],
    [
      'an expression that fails',
      'user',
      [userName, { target: 'displayName', expression: 'CDate([department])' }],
      { department: 'secret' },
      'MappingExpressionFailed',
      'displayName',
    ],
  ])('%s fails by name, without the value', (_, kind, rules, source, code, attribute) => {
    let error: unknown;
    try {
      compileMapping(kind, rules).map(objectOf(kind, source));
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(MappingFailure);
    expect(error).toMatchObject({ code, attribute });
    expect((error as Error).message).not.toContain('secret');
  });

  test('keeps its name all the same, unless that is what cannot be used', () => {
    const failing = compileMapping('user', [
      userName,
      { target: 'displayName', expression: 'CDate([mail])' },
    ]);
    const source = objectOf('user', { userPrincipalName: 'mia@contoso.com', mail: 'secret' });
    expect(() => failing.map(source)).toThrow(MappingFailure);
    expect(failing.nameOf(source)).toBe('mia@contoso.com');
    const unnamed = compileMapping('user', [{ target: 'userName', expression: 'CDate([mail])' }]);
    expect(unnamed.nameOf(source)).toBeUndefined();
  });

  test('a group name of 255 characters is one', () => {
    const displayName = 'x'.repeat(255);
    const mapping = compileMapping('group', [{ target: 'displayName', source: 'displayName' }]);
    expect(mapping.map(objectOf('group', { displayName })).create.displayName).toBe(displayName);
  });

  test('an answer of the source that lacks an attribute is no failure of the mapping', () => {
    const rule: MappingRule = { target: 'displayName', expression: 'ToUpper([jobTitle])' };
    const answer = () => mapped(rule, { jobTitle: undefined });
    expect(answer).toThrow(expect.objectContaining({ code: 'SourceAttributeMissing' }));
  });
});
