import { describe, expect, test } from 'vitest';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import { type Clause, compileFilters, type Operator } from '../../src/scope/filter.ts';
import { nobody, reading, refusal } from './reading.ts';

const group = '6D0F8B3C-1a52-4c1e-9a57-2f1f0c9b7e10';
const engineering: Clause = { attribute: 'department', operator: 'EQUALS', value: 'Engineering' };
const berlin: Clause = { attribute: 'city', operator: 'EQUALS', value: 'Berlin' };
const enabled: Clause = { attribute: 'accountEnabled', operator: 'IS TRUE' };

describe('filters', () => {
  test('without any, everybody passes', () => {
    const none = compileFilters('user', []);
    expect(none).toMatchObject({ attributes: [], groups: [] });
    expect(none.passes(reading({}), nobody)).toBe(true);
  });

  test.each([
    ['Engineering', 'Berlin', true, true],
    ['Engineering', 'Paris', true, false],
    ['Sales', 'Berlin', true, false],
    ['Sales', 'Paris', false, true],
    ['Engineering', 'Berlin', false, true],
  ])(
    'join clauses by AND, filters by OR: %s, %s, enabled %s: %s',
    (department, city, accountEnabled, expected) => {
      const either = compileFilters('user', [[engineering, berlin], [{ ...enabled, operator: 'IS FALSE' }]]);
      expect(either.passes(reading({ department, city, accountEnabled }), nobody)).toBe(expected);
    },
  );

  test('name the attributes and groups that they read, each once, groups in lower case', () => {
    const { attributes, groups } = compileFilters('user', [
      [engineering, enabled, { operator: 'IsMemberOf', value: group }],
      [engineering, berlin, { operator: 'IsMemberOf', value: group }],
    ]);
    expect(attributes).toEqual(['department', 'accountEnabled', 'city']);
    expect(groups).toEqual([group.toLowerCase()]);
  });

  test('a value that cannot be read is no value that is not there', () => {
    const filters = compileFilters('user', [[engineering]]);
    expect(() => filters.passes(reading({}), nobody)).toThrow('nobody should read department');
  });

  test('work on the attributes of groups and service principals', () => {
    const groups = compileFilters('group', [
      [{ attribute: 'displayName', operator: 'REGEX MATCH', value: '^dbx-' }],
    ]);
    expect(groups.passes(reading({ displayName: 'dbx-admins' }), nobody)).toBe(true);
    expect(groups.passes(reading({ displayName: 'admins' }), nobody)).toBe(false);
    const apps = compileFilters('servicePrincipal', [
      [{ attribute: 'tags', operator: 'EQUALS', value: 'databricks' }],
    ]);
    expect(apps.passes(reading({ tags: ['hidden', 'databricks'] }), nobody)).toBe(true);
    expect(apps.passes(reading({ tags: null }), nobody)).toBe(false);
  });

  test('find what a long or hostile value holds in linear time', () => {
    const { passes } = compileFilters('user', [
      [{ attribute: 'department', operator: 'REGEX MATCH', value: '^(a+)+$' }],
    ]);
    const began = process.cpuUsage();
    expect(passes(reading({ department: `${'a'.repeat(50_000)}b` }), nobody)).toBe(false);
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(5_000);
  });
});

describe('IsMemberOf', () => {
  const filters = compileFilters('user', [[{ operator: 'IsMemberOf', value: group }, engineering]]);
  const department = 'Engineering';

  test.each([
    ['the group', [group], true],
    ['the group, its id in lower case', [group.toLowerCase()], true],
    ['another group', ['7d0f8b3c-1a52-4c1e-9a57-2f1f0c9b7e10'], false],
    ['no group', [], false],
  ])('holds for a member of %s: %s, %s', (_what, memberOf, expected) => {
    expect(filters.passes(reading({ department }), new Set(memberOf))).toBe(expected);
  });

  test('is one clause among others', () => {
    expect(filters.passes(reading({ department: 'Sales' }), new Set([group]))).toBe(false);
  });
});

describe('a filter that cannot be used is refused with its place and what is allowed', () => {
  const clause = (operator: string, attribute?: string, value?: string | number): Clause => ({
    operator: operator as Operator,
    ...(attribute !== undefined && { attribute }),
    ...(value !== undefined && { value }),
  });
  const whole =
    'the value must be a whole number such as 1000, of at most 19 digits; one above 2^53 in quotes';
  const date =
    'the value must be a date such as "2026-01-31" or a time with its offset such as "2026-01-31T08:00:00Z"';
  const empty = 'an empty text equals nothing: use IS NULL or IS NOT NULL';
  const textsOnly = 'it compares texts; booleans have IS TRUE and IS FALSE, dates Greater_Than';

  test.each<[string, Clause, readonly string[], string]>([
    [
      'an unknown attribute',
      clause('EQUALS', 'departement', 'Sales'),
      ['attribute'],
      'users have no attribute "departement": did you mean "department"?',
    ],
    [
      'a reference',
      clause('IS NULL', 'manager'),
      ['attribute'],
      '"manager" refers to other objects and has no value to read',
    ],
    [
      'the groups of a principal',
      clause('INCLUDES', 'memberOf', group),
      ['attribute'],
      '"memberOf" refers to other objects and has no value to read; use the operator IsMemberOf',
    ],
    [
      'an attribute that follows from the scope',
      clause('IS FALSE', 'IsSoftDeleted'),
      ['attribute'],
      'IsSoftDeleted follows from the scope: it cannot decide about it',
    ],
    [
      'no attribute',
      clause('EQUALS', undefined, 'x'),
      [],
      'EQUALS needs an attribute: the name of a source attribute',
    ],
    [
      'another spelling of an operator',
      clause('is_null', 'department'),
      ['operator'],
      'there is no operator "is_null": did you mean "IS NULL"?',
    ],
    [
      'an operator in the wrong case',
      clause('equals', 'department', 'x'),
      ['operator'],
      'there is no operator "equals": did you mean "EQUALS"?',
    ],
    [
      'an unknown operator',
      clause('STARTS_WITH', 'department', 'x'),
      ['operator'],
      'there is no operator "STARTS_WITH": known are EQUALS, NOT EQUALS, INCLUDES, ENDS_WITH, REGEX MATCH, NOT REGEX MATCH, IS NULL, IS NOT NULL, IS TRUE, IS FALSE, Greater_Than, Greater_Than_OR_EQUALS, &, !&, IsMemberOf',
    ],
    [
      'EQUALS on a boolean',
      clause('EQUALS', 'accountEnabled', 'True'),
      ['operator'],
      `EQUALS is not for an attribute of type boolean: ${textsOnly}`,
    ],
    [
      'INCLUDES on a date',
      clause('INCLUDES', 'employeeHireDate', '2026'),
      ['operator'],
      `INCLUDES is not for an attribute of type date: ${textsOnly}`,
    ],
    [
      'IS TRUE on a text',
      clause('IS TRUE', 'department'),
      ['operator'],
      'IS TRUE is not for an attribute of type string: it is for booleans; compare a text that says true with EQUALS',
    ],
    [
      'Greater_Than on a boolean',
      clause('Greater_Than', 'accountEnabled', 1),
      ['operator'],
      'Greater_Than is not for an attribute of type boolean: it needs whole numbers or dates',
    ],
    [
      'a bit test on a date',
      clause('&', 'employeeHireDate', 1),
      ['operator'],
      '& is not for an attribute of type date: it needs whole numbers',
    ],
    ['a missing value', clause('EQUALS', 'department'), [], 'EQUALS needs a value to compare with'],
    [
      'a superfluous value',
      clause('IS NULL', 'department', 'x'),
      ['value'],
      'IS NULL compares with nothing: leave the value out',
    ],
    ['an empty value', clause('EQUALS', 'department', ''), ['value'], empty],
    ['an empty value to exclude', clause('NOT EQUALS', 'department', ''), ['value'], empty],
    ['an empty part', clause('INCLUDES', 'department', ''), ['value'], empty],
    ['an empty pattern', clause('REGEX MATCH', 'department', ''), ['value'], empty],
    [
      'a number for a text',
      clause('EQUALS', 'employeeId', 7),
      ['value'],
      'the value must be a text: write it in quotes',
    ],
    ['a text for a number', clause('Greater_Than', 'employeeId', 'many'), ['value'], whole],
    ['a fraction', clause('Greater_Than', 'employeeId', 1.5), ['value'], whole],
    ['a number that JSON cannot carry', clause('Greater_Than', 'employeeId', 2 ** 53), ['value'], whole],
    ['a date for a number', clause('Greater_Than', 'employeeId', '2026-01-31'), ['value'], whole],
    ['a number for a date', clause('Greater_Than', 'employeeHireDate', 2026), ['value'], date],
    ['a day that no calendar has', clause('Greater_Than', 'employeeHireDate', '2026-02-30'), ['value'], date],
    [
      'a time without its offset',
      clause('Greater_Than', 'createdDateTime', '2026-01-31T08:00:00'),
      ['value'],
      date,
    ],
    [
      'a bit test of no bit',
      clause('!&', 'employeeId', 0),
      ['value'],
      'the value must be a whole number above 0: it names the bits to look at',
    ],
    [
      'a malformed pattern',
      clause('REGEX MATCH', 'department', '(Sales'),
      ['value'],
      'character 1 of the pattern: this group does not end',
    ],
    [
      'a pattern that only a backtracking engine has',
      clause('NOT REGEX MATCH', 'department', '^(?!Sales)'),
      ['value'],
      'character 2 of the pattern: lookaround cannot be matched in linear time',
    ],
    [
      'IsMemberOf with an attribute',
      clause('IsMemberOf', 'department', group),
      ['attribute'],
      'IsMemberOf looks at groups: leave the attribute out',
    ],
    [
      'IsMemberOf without a group',
      clause('IsMemberOf'),
      [],
      'IsMemberOf needs the object id of a group as its value',
    ],
    [
      'IsMemberOf with what is no id',
      clause('IsMemberOf', undefined, 'Sales / EMEA'),
      ['value'],
      'IsMemberOf needs the object id of a group as its value',
    ],
  ])('%s', (_what, wrong, property, message) => {
    expect(refusal([[engineering], [berlin, wrong]])).toEqual({ path: [1, 1, ...property], message });
  });

  test('a filter without clauses', () => {
    expect(refusal([[engineering], []])).toEqual({
      path: [1],
      message: 'a filter without clauses would let everybody pass: leave the filter out instead',
    });
  });

  test.each<[PrincipalKind, string, string]>([
    [
      'group',
      'members',
      '"members" refers to other objects and has no value to read; use the operator IsMemberOf',
    ],
    ['group', 'department', 'groups have no attribute "department"'],
    ['servicePrincipal', 'userPrincipalName', 'service principals have no attribute "userPrincipalName"'],
  ])('an attribute that a %s does not have: %s', (kind, attribute, message) => {
    expect(refusal([[{ attribute, operator: 'IS NOT NULL' }]], kind)).toEqual({
      path: [0, 0, 'attribute'],
      message,
    });
  });
});
