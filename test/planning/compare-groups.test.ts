import { describe, expect, test } from 'vitest';
import { actualGroup, groupLink, planOf, type Sides, summary } from './picture.ts';

describe('groups of one name', () => {
  const two = (first: string | null, second: string | null) => ({
    'g-1': { name: 'Data', createdDateTime: first },
    'g-2': { name: 'data ', createdDateTime: second },
  });

  test.each<[string, Sides, string[]]>([
    [
      'the linked one keeps it',
      {
        groups: two('2020-01-01T00:00:00Z', '2024-01-01T00:00:00Z'),
        links: [groupLink('g-2', 's-2', 'data ')],
        actualGroups: [actualGroup('s-2', 'data ', 'g-2')],
      },
      ['group:g-1 name-in-use'],
    ],
    [
      'else the older',
      { groups: two('2024-01-01T00:00:00Z', '2020-01-01T00:00:00Z') },
      ['group:g-1 name-in-use', 'group:g-2 create'],
    ],
    [
      'the older, though its time is written with fractions',
      { groups: two('2020-01-01T00:00:00.5Z', '2020-01-01T00:00:00Z') },
      ['group:g-1 name-in-use', 'group:g-2 create'],
    ],
    [
      'else the one whose age is known',
      { groups: two(null, '2020-01-01T00:00:00Z') },
      ['group:g-1 name-in-use', 'group:g-2 create'],
    ],
    [
      'not one that is linked under another name',
      {
        groups: two(null, null),
        links: [groupLink('g-2', 's-2', 'Old')],
        actualGroups: [actualGroup('s-2', 'Old', 'g-2')],
      },
      ['group:g-1 create', 'group:g-2 update'],
    ],
    ['else the smaller id', { groups: two(null, null) }, ['group:g-1 create', 'group:g-2 name-in-use']],
    [
      'both keep what they have when both are linked',
      {
        groups: two(null, null),
        links: [groupLink('g-1', 's-1', 'Data'), groupLink('g-2', 's-2', 'data ')],
        actualGroups: [actualGroup('s-1', 'Data', 'g-1'), actualGroup('s-2', 'data ', 'g-2')],
      },
      [],
    ],
  ])('%s', (_, sides, expected) => {
    expect(summary(sides)).toEqual(expected);
  });

  test('are told apart by a suffix, where that is asked for', () => {
    const id = '0123456789';
    const groups = { [id]: { name: 'Data' }, '0': { name: 'Data' } };
    const sides = {
      groups,
      links: [groupLink(id, 's-1', 'Old'), groupLink('0', 's-0', 'Data')],
      actualGroups: [actualGroup('s-1', 'Data (01234567)', id), actualGroup('s-0', 'Data', '0')],
    };
    expect(planOf(sides)).toMatchObject([{ principal: { id }, detail: ['displayName'] }]);
    expect(planOf({ ...sides, suffixLength: 100 })).toEqual([]);
    const externalId = { displayName: 'Data (01234567)', externalId: 'another' };
    const [, ours] = sides.actualGroups;
    if (ours === undefined) throw new Error('no group');
    const drifted = { ...actualGroup('s-1', 'x'), attributes: externalId };
    expect(planOf({ ...sides, actualGroups: [drifted, ours], suffixLength: 100 })).toMatchObject([
      { principal: { id }, detail: ['externalId'] },
    ]);
  });

  test('are left alone by the suffix where their name is not ours to write', () => {
    const named = { name: 'Data', set: {} };
    const sides = {
      groups: { 'g-1': named, 'g-2': named },
      links: [groupLink('g-1', 's-1', 'Data'), groupLink('g-2', 's-2', 'Other')],
      actualGroups: [actualGroup('s-1', 'Data'), actualGroup('s-2', 'Other')],
    };
    expect(planOf({ ...sides, suffixLength: 100 })).toEqual([]);
  });
});

describe('groups', () => {
  test('that left the scope are not switched off, whatever their link says', () => {
    const links = [
      groupLink('g-1', 's-1', 'Data', { status: 'creating' }),
      groupLink('g-2', 's-2', 'Lake', { leaver: 'goes' }),
    ];
    expect(summary({ links, actualGroups: [actualGroup('s-2', 'Lake', 'g-2')] })).toEqual([]);
  });

  test('are renamed also where only the case differs', () => {
    const sides = {
      groups: { 'g-1': { name: 'Data' } },
      links: [groupLink('g-1', 's-1', 'data')],
      actualGroups: [actualGroup('s-1', 'data', 'g-1')],
    };
    expect(planOf(sides)).toMatchObject([{ action: 'update', detail: ['displayName'] }]);
  });

  test('that left the scope are neither deleted nor renamed, and foreign ones are not in the plan', () => {
    const sides = {
      actualGroups: [
        actualGroup('s-1', 'Data', 'g-1'),
        actualGroup('s-9', 'admins'),
        actualGroup('s-8', 'X', 'other'),
      ],
      links: [groupLink('g-1', 's-1', 'Data')],
    };
    expect(summary(sides)).toEqual([]);
  });

  test('of which only the name matches are proposed, not taken', () => {
    const sides = { groups: { 'g-1': { name: 'Data' } }, actualGroups: [actualGroup('s-9', 'DATA')] };
    expect(summary(sides)).toEqual(['group:g-1 propose-adoption']);
  });
});
