import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SourceValue } from '../../src/identity/source-values.ts';
import { sourceAttributes } from '../../src/mapping/source-attributes.ts';
import { type Operator, operators } from '../../src/scope/filter.ts';
import { holds } from './reading.ts';

type Row = readonly [
  operator: Operator,
  value: string | number | undefined,
  has: SourceValue,
  expected: boolean,
];

/** A text, a boolean, a date and a list, as attributes of a user. */
const attributeOf = (operator: Operator, has: SourceValue): string => {
  if (Array.isArray(has)) return 'proxyAddresses';
  if (typeof has === 'boolean' || operator === 'IS TRUE' || operator === 'IS FALSE') return 'accountEnabled';
  return 'department';
};

const rows: readonly Row[] = [
  ['EQUALS', 'Sales', 'Sales', true],
  ['EQUALS', 'Sales', 'Marketing', false],
  ['EQUALS', 'Sales', 'sales', false],
  ['EQUALS', 'Sales', 'Sales ', false],
  ['EQUALS', 'Sales', null, false],
  ['EQUALS', 'Sales', ['x', 'Sales'], true],
  ['EQUALS', 'Sales', ['x', 'y'], false],
  ['EQUALS', 'Sales', [], false],
  ['EQUALS', '007', '7', false],

  ['NOT EQUALS', 'Sales', 'Marketing', true],
  ['NOT EQUALS', 'Sales', 'Sales', false],
  ['NOT EQUALS', 'Sales', 'sales', true],
  ['NOT EQUALS', 'Sales', null, false],
  ['NOT EQUALS', 'Sales', ['x', 'y'], true],
  ['NOT EQUALS', 'Sales', ['x', 'Sales'], false],
  ['NOT EQUALS', 'Sales', [], false],

  ['INCLUDES', 'ale', 'Sales', true],
  ['INCLUDES', 'ale', 'Marketing', false],
  ['INCLUDES', 'ale', 'SALES', false],
  ['INCLUDES', 'ale', null, false],
  ['INCLUDES', 'ale', ['x', 'Sales'], true],
  ['INCLUDES', 'ale', ['x'], false],
  ['INCLUDES', 'ale', [], false],
  ['INCLUDES', '.*', 'Sales', false],
  ['Includes', 'ale', 'Sales', true],
  ['Includes', 'ale', 'SALES', false],
  ['Includes', 'ale', null, false],

  ['ENDS_WITH', '@contoso.com', 'mia@contoso.com', true],
  ['ENDS_WITH', '@contoso.com', 'mia@contoso.com.evil.example', false],
  ['ENDS_WITH', '@contoso.com', 'mia@CONTOSO.com', false],
  ['ENDS_WITH', '@contoso.com', null, false],
  ['ENDS_WITH', '@contoso.com', ['x', 'mia@contoso.com'], true],
  ['ENDS_WITH', '@contoso.com', ['x'], false],
  ['ENDS_WITH', '@contoso.com', [], false],

  ['REGEX MATCH', '([1-9][0-9])', 'Room 42', true],
  ['REGEX MATCH', '([1-9][0-9])', 'Room 4', false],
  ['REGEX MATCH', 'sales', 'Sales', false],
  ['REGEX MATCH', '(?i)sales', 'Pre-SALES', true],
  ['REGEX MATCH', '^Sales$', 'Pre-Sales', false],
  ['REGEX MATCH', '.*', null, false],
  ['REGEX MATCH', '^x$', ['y', 'x'], true],
  ['REGEX MATCH', '^x$', ['y'], false],
  ['REGEX MATCH', '.*', [], false],

  ['NOT REGEX MATCH', '^Sales', 'Marketing', true],
  ['NOT REGEX MATCH', '^Sales', 'Sales EMEA', false],
  ['NOT REGEX MATCH', '^Sales', 'sales', true],
  ['NOT REGEX MATCH', '^Sales', null, false],
  ['NOT REGEX MATCH', '^Sales', ['x', 'y'], true],
  ['NOT REGEX MATCH', '^Sales', ['x', 'Sales'], false],
  ['NOT REGEX MATCH', '^Sales', [], false],

  ['IS NULL', undefined, null, true],
  ['IS NULL', undefined, 'x', false],
  ['IS NULL', undefined, false, false],
  ['IS NULL', undefined, ['x'], false],
  ['IS NOT NULL', undefined, null, false],
  ['IS NOT NULL', undefined, 'x', true],
  ['IS NOT NULL', undefined, false, true],
  ['IS NOT NULL', undefined, ['x'], true],

  ['IS TRUE', undefined, true, true],
  ['IS TRUE', undefined, false, false],
  ['IS TRUE', undefined, null, false],
  ['IS FALSE', undefined, false, true],
  ['IS FALSE', undefined, true, false],
  ['IS FALSE', undefined, null, false],

  ['Greater_Than', 1000, '1001', true],
  ['Greater_Than', 1000, '1000', false],
  ['Greater_Than', '1000', '1001', true],
  // As text, 999 would come after 1000.
  ['Greater_Than', 1000, '999', false],
  ['Greater_Than', -5, '-4', true],
  ['Greater_Than', '9007199254740993', '9007199254740992', false],
  ['Greater_Than', 1000, 'E1001', false],
  ['Greater_Than', 1000, '1001.5', false],
  ['Greater_Than', 1000, ' 1001', false],
  ['Greater_Than', 1000, null, false],
  ['Greater_Than', 1000, ['1', 'x', '1001'], true],
  ['Greater_Than', 1000, ['1', 'x'], false],
  ['Greater_Than', 1000, [], false],
  ['Greater_Than_OR_EQUALS', 1000, '1000', true],
  ['Greater_Than_OR_EQUALS', 1000, '999', false],
  ['Greater_Than_OR_EQUALS', 1000, 'x', false],
  ['Greater_Than_OR_EQUALS', 1000, null, false],
  ['Greater_Than_OR_EQUALS', 1000, ['1', '1000'], true],
  ['Greater_Than_OR_EQUALS', 1000, [], false],

  ['&', 2, '514', true],
  ['&', 2, '512', false],
  ['&', 6, '4', true],
  ['&', '8589934592', '8589934593', true],
  ['&', '8589934592', '1', false],
  ['&', 2, 'x', false],
  ['&', 2, null, false],
  ['&', 2, ['1', '2'], true],
  ['&', 2, ['1', '4'], false],
  ['&', 2, [], false],
  ['!&', 2, '512', true],
  ['!&', 2, '514', false],
  ['!&', 6, '4', false],
  // What is no number has no bits, neither set nor clear.
  ['!&', 2, 'x', false],
  ['!&', 2, null, false],
  ['!&', 2, ['1', '4'], true],
  ['!&', 2, ['1', '2'], false],
  ['!&', 2, ['x'], false],
  ['!&', 2, [], false],
];

describe('a clause', () => {
  test.each(rows)('%s %j about %j: %j', (operator, value, has, expected) => {
    expect(holds({ attribute: attributeOf(operator, has), operator, value }, has)).toBe(expected);
  });

  test('there is a row for every operator that looks at an attribute, both ways and for null', () => {
    const seen = new Set(
      rows.map(([operator, , has, expected]) => `${operator} ${has === null} ${expected}`),
    );
    for (const operator of operators.filter(each => each !== 'IsMemberOf')) {
      expect(seen).toContain(`${operator} ${operator === 'IS NULL'} true`);
      if (operator !== 'IS NOT NULL') expect(seen).toContain(`${operator} false false`);
      expect(seen).toContain(`${operator} true ${operator === 'IS NULL'}`);
    }
  });
});

describe('a clause about a date compares instants', () => {
  test.each([
    ['2026-01-31', '2026-01-31T00:00:00.0000001Z', false],
    ['2026-01-31', '2026-01-31T00:00:00.001Z', true],
    ['2026-01-31', '2026-01-31T00:00:00Z', false],
    ['2026-01-31', '2026-02-01', true],
    ['2026-01-31T00:00:00Z', '2026-01-31T00:30:00+01:00', false],
    ['2026-01-31T00:00:00+01:00', '2026-01-30T23:30:00Z', true],
    ['2026-01-31', 'soon', false],
    ['2026-01-31', '2026-02-30T00:00:00Z', false],
    ['2026-01-31', '2026-02-01T00:00:00', false],
    ['2026-01-31', null, false],
  ])('Greater_Than %s about %s: %j', (value, has, expected) => {
    expect(holds({ attribute: 'employeeHireDate', operator: 'Greater_Than', value }, has)).toBe(expected);
  });

  test('equal instants in different spelling are equal', () => {
    const clause = { attribute: 'createdDateTime', operator: 'Greater_Than_OR_EQUALS' } as const;
    expect(holds({ ...clause, value: '2026-01-31' }, '2026-01-31T01:00:00+01:00')).toBe(true);
    expect(holds({ ...clause, value: '2026-01-31' }, '2026-01-30T23:59:59.9999999Z')).toBe(false);
  });
});

describe('whatever the value', () => {
  const text = fc.oneof(fc.constantFrom('Sales', 'sales', '3', '4', '-1', ' ', 'x'), fc.string());
  const value = fc.oneof(text, fc.array(text), fc.constant(null));
  const pairs = [
    ['EQUALS', 'NOT EQUALS', fc.oneof(text.filter(each => each !== ''))],
    ['REGEX MATCH', 'NOT REGEX MATCH', fc.constantFrom('^S', '[0-9]', 'a*', '^$', '(?i)SALES')],
    ['&', '!&', fc.integer({ min: 1, max: 7 })],
    ['IS NULL', 'IS NOT NULL', fc.constant(undefined)],
  ] as const;

  test.each(pairs)('%s and %s are never both true', (positive, negated, operand) => {
    fc.assert(
      fc.property(value, operand as fc.Arbitrary<string | number | undefined>, (has, against) => {
        const attribute = attributeOf(positive, has);
        const both = [positive, negated].map(operator => holds({ attribute, operator, value: against }, has));
        expect(both).not.toEqual([true, true]);
      }),
    );
  });

  test.each(pairs.slice(0, 3))('%s and %s are both false about nothing', (positive, negated, operand) => {
    fc.assert(
      fc.property(operand as fc.Arbitrary<string | number | undefined>, against => {
        for (const nothing of [null, [], ['']] as const)
          for (const operator of [positive, negated])
            expect(holds({ attribute: 'proxyAddresses', operator, value: against }, nothing)).toBe(false);
      }),
    );
  });

  test('a list satisfies a clause when one of its values alone does, and a negated one when all do', () => {
    const clauses = [
      { operator: 'EQUALS', value: 'Sales' },
      { operator: 'INCLUDES', value: 'a' },
      { operator: 'ENDS_WITH', value: 's' },
      { operator: 'REGEX MATCH', value: '^[Ss]' },
    ] as const;
    const negated = [
      { operator: 'NOT EQUALS', value: 'Sales' },
      { operator: 'NOT REGEX MATCH', value: '^[Ss]' },
    ] as const;
    const filled = fc.array(
      text.filter(each => each !== ''),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(filled, values => {
        const alone = (clause: (typeof clauses | typeof negated)[number]) =>
          values.map(each => holds({ ...clause, attribute: 'department' }, each));
        for (const clause of clauses)
          expect(holds({ ...clause, attribute: 'otherMails' }, values)).toBe(alone(clause).includes(true));
        for (const clause of negated)
          expect(holds({ ...clause, attribute: 'otherMails' }, values)).toBe(!alone(clause).includes(false));
      }),
    );
  });
});

test('every operator can be used with some attribute of a user', () => {
  const types = new Set(sourceAttributes('user').map(({ type }) => type));
  expect(types).toEqual(new Set(['string', 'boolean', 'date', 'strings']));
});
