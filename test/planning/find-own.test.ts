import { describe, expect, test } from 'vitest';
import { findOwn } from '../../src/planning/find-own.ts';
import type { DesiredResource } from '../../src/planning/picture.ts';
import { actualUser } from './picture.ts';

const mia = { kind: 'user', id: 'u-mia' } as const;
const wanted = (match: Readonly<Record<string, string>>): DesiredResource => ({
  create: { userName: 'mia@contoso.com' },
  set: {},
  match,
  adoptableName: 'mia@contoso.com',
});
const free = { externalId: undefined };

describe('an existing resource', () => {
  test('is nobody’s to choose where several are found by one attribute', () => {
    const two = [
      actualUser('x', free, { displayName: 'Mia' }),
      actualUser('y', free, { displayName: 'mia' }),
    ];
    const found = findOwn(mia, wanted({ displayName: 'Mia' }), two, ['displayName']);
    expect(found).toEqual({ action: 'ambiguous-match', candidates: two });
  });

  test('is not found by a value that the source does not have', () => {
    const nameless = [
      actualUser('x', free, { displayName: '' }),
      actualUser('y', { ...free, attributes: {} }),
      actualUser('z', { ...free, attributes: { displayName: undefined } }),
    ];
    const valueless: Record<string, string>[] = [{ displayName: '' }, { displayName: ' ' }, {}];
    for (const match of valueless)
      for (const resource of nameless)
        expect(findOwn(mia, wanted(match), [resource], ['displayName'])).toEqual({
          action: 'create',
          candidates: [],
        });
  });

  test('is not found by a value that it does not have', () => {
    const nameless = actualUser('x', { ...free, attributes: {} });
    for (const key of ['displayName', 'externalId'])
      expect(findOwn(mia, wanted({ [key]: 'undefined' }), [nameless], [key]).action).toBe('create');
  });

  test.each(['id', 'externalId'])('is found by its %s exactly', key => {
    const found = (value: string) =>
      findOwn(mia, wanted({ [key]: value }), [actualUser('x', { externalId: 's-x' })], [key]);
    expect(found('s-x').candidates).toHaveLength(1);
    expect(found('S-X').candidates).toEqual([]);
  });

  test('is looked for by one attribute after the other', () => {
    const byName = actualUser('mia', free);
    const byId = actualUser('x', { externalId: 'u-mia' });
    const match = { externalId: 'u-mia', userName: 'mia@contoso.com' };
    const first = (order: string[]) => findOwn(mia, wanted(match), [byName, byId], order).candidates;
    expect(first(['externalId', 'userName'])).toEqual([byId]);
    expect(first(['userName', 'externalId'])).toEqual([byName]);
  });
});
