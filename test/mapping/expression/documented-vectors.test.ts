import { describe, expect, test } from 'vitest';
import { evaluate, resultOf } from './evaluate.ts';
import { documentedVectors } from './vectors.ts';

test.each(documentedVectors)('%s is %j for %j', (expression, result, attributes) => {
  expect(resultOf(expression, attributes)).toEqual(result);
});

describe('documented examples without a fixed result', () => {
  const hired =
    'Switch([Active], , "1", IIF(DateDiff("d", Now(), CDate([StatusHireDate])) > 5, "False", "True"), "0", "False")';
  test.each([
    ['2026-01-09', 'True'],
    ['2026-01-10', 'False'],
  ])('an account is active from five days before the hire date: %s', (StatusHireDate, result) => {
    const now = Date.parse('2026-01-04T12:00:00Z');
    expect(resultOf(hired, { Active: '1', StatusHireDate }, now)).toBe(result);
  });

  test('Now is in UTC, of the twelve-hour clock, to the second', () => {
    expect(resultOf('Now()', {}, Date.parse('2021-07-02T15:33:38.999Z'))).toBe('7/2/2021 3:33:38 PM');
  });

  test('Guid gives another id each time', () => {
    expect(resultOf('Guid()')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(resultOf('Guid()')).not.toBe(resultOf('Guid()'));
  });

  test('RandomString keeps its minima and leaves out what is to be avoided', () => {
    for (let round = 0; round < 200; round += 1) {
      expect(resultOf('RandomString(6,3,0,0,3)')).toMatch(/^(?=(?:\D*\d){3}\D*$)[0-9a-z]{6}$/);
      const text = String(resultOf('RandomString(10,2,2,2,1,"?,")'));
      expect(text).toHaveLength(10);
      expect(text).not.toMatch(/[?,]/);
      const counts = [/\d/g, /[^0-9A-Za-z]/g, /[A-Z]/g, /[a-z]/g].map(kind => text.match(kind)?.length ?? 0);
      counts.forEach((count, index) => {
        expect(count).toBeGreaterThanOrEqual([2, 2, 2, 1][index] ?? 0);
      });
    }
  });

  test('what the minima of RandomString leave open is filled from the kinds that have one', () => {
    expect(resultOf('RandomString(200,1,0,0,0)')).toMatch(/^\d{200}$/);
    expect(resultOf('RandomString(200,0,0,1,1)')).toMatch(/^[A-Za-z]{200}$/);
    expect(resultOf('RandomString(200,0,0,0,0)')).toMatch(/^[0-9A-Za-z]{200}$/);
  });

  test.each([
    ['Redact([userPrincipalName])', 'mia@contoso.com'],
    ['Redact("StringToBeRedacted")', 'StringToBeRedacted'],
  ])('%s flows, and is marked', (expression, value) => {
    const evaluated = evaluate(expression, { userPrincipalName: 'mia@contoso.com' });
    expect(evaluated).toEqual({ value, ignored: false, redacted: true });
  });

  test.each([
    ['IgnoreFlowIfNullOrEmpty([department])', null],
    ['IgnoreFlowIfNullOrEmpty(Switch([prefix], "", "3443", "Dr.", "3444", "Prof."))', ''],
  ])('%s drops the attribute', (expression, value) => {
    expect(evaluate(expression)).toEqual({ value, ignored: true, redacted: false });
  });

  test('IgnoreFlowIfNullOrEmpty lets a value flow', () => {
    expect(evaluate('IgnoreFlowIfNullOrEmpty([department])', { department: 'Sales' }).ignored).toBe(false);
  });
});
