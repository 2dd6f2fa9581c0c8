import { describe, expect, test } from 'vitest';
import type { Attributes } from '../../src/identity/desired.ts';
import type { PlanItem } from '../../src/planning/picture.ts';
import {
  actualGroup,
  actualUser,
  groupLink,
  planOf,
  type Sides,
  summary,
  user,
  userLink,
} from './picture.ts';

describe('a user who differs', () => {
  const differing = (wanted: Attributes, there: Attributes) =>
    planOf({
      users: [user('mia', wanted)],
      actualUsers: [actualUser('mia', { name: 'mia@contoso.com' }, there)],
      links: [userLink('mia')],
    }).flatMap(({ detail }) => detail);

  test.each<[string, Attributes, Attributes, string[]]>([
    ['by another name', { userName: 'maria@contoso.com' }, {}, ['userName']],
    ['by the case of a display name', { displayName: 'Mia' }, { displayName: 'mia' }, ['displayName']],
    ['by a display name that is to go', { displayName: '' }, { displayName: 'Mia' }, ['displayName']],
    [
      'by what is to go and equals his name',
      { givenName: '' },
      { givenName: 'mia@contoso.com' },
      ['givenName'],
    ],
    ['by a display name that is his name', {}, { displayName: 'mia@contoso.com' }, ['displayName']],
    ['in nothing, having no value on either side', { displayName: '' }, { displayName: undefined }, []],
  ])('%s', (_, wanted, there, expected) => {
    expect(differing(wanted, there)).toEqual(expected);
  });
});

describe('what is said of each difference', () => {
  const mia = { kind: 'user', id: 'u-mia' } as const;
  const item = (action: PlanItem['action'], more: Partial<PlanItem> = {}): PlanItem => ({
    principal: mia,
    action,
    rowClass: 'bulk',
    scimId: 's-mia',
    detail: [],
    ...more,
  });
  const users = [user('mia')];
  const off = actualUser('mia', { active: false }, { active: false });
  const twins = ['s-1', 's-2'].map(scimId => actualUser('mia', { scimId, externalId: undefined }));

  test.each<[string, Sides, PlanItem]>([
    [
      'a create, and what it writes',
      { users },
      item('create', { scimId: undefined, detail: ['userName', 'displayName', 'externalId', 'active'] }),
    ],
    ['an adoption', { users, actualUsers: [actualUser('mia')] }, item('adopt')],
    [
      'several that it may be',
      { users, actualUsers: twins },
      item('ambiguous-match', { scimId: undefined, detail: ['s-1', 's-2'] }),
    ],
    [
      'a create that was left open',
      { users, links: [userLink('mia', { status: 'creating' })] },
      item('create', { scimId: undefined }),
    ],
    ['a deletion in the target', { users, links: [userLink('mia')] }, item('missing-in-target')],
    [
      'a deletion in the target that is known',
      { users, links: [userLink('mia', { status: 'gone' })] },
      item('missing-in-target', { scimId: undefined }),
    ],
    [
      'an account that is there again',
      { users, actualUsers: [actualUser('mia')], links: [userLink('mia', { status: 'gone' })] },
      item('update', { detail: ['active'] }),
    ],
    [
      'an account that was switched off',
      { users, actualUsers: [off], links: [userLink('mia')] },
      item('switched-off-in-target', { detail: ['active'] }),
    ],
    [
      'a leaver, whose turn comes first',
      { actualUsers: [actualUser('mia')], links: [userLink('mia')] },
      item('deactivate', { rowClass: 'revoke', detail: ['active'] }),
    ],
  ])('%s', (_, sides, expected) => {
    expect(planOf(sides)).toEqual([expected]);
  });

  test('a group whose name another one has', () => {
    const groups = { 'g-1': { name: 'Data' }, 'g-2': { name: 'Data' } };
    expect(planOf({ groups }).slice(1)).toEqual([
      { principal: { kind: 'group', id: 'g-2' }, action: 'name-in-use', rowClass: 'bulk', detail: [] },
    ]);
  });
});

describe('where the target manages identities by itself', () => {
  const managed = (attribute: string) => attribute === 'active';

  test.each<[string, Sides, string[]]>([
    [
      'nobody is missing because a list does not show him',
      { users: [user('mia')], links: [userLink('mia')] },
      [],
    ],
    ['a leaver goes whom no list shows', { links: [userLink('mia')] }, ['user:u-mia deactivate']],
    [
      'a leaver who is off needs nothing, shown or not',
      {
        actualUsers: [actualUser('max', { active: false })],
        links: [userLink('mia', { written: { active: false } }), userLink('max')],
      },
      [],
    ],
    [
      'members are not compared',
      {
        users: [user('mia')],
        actualUsers: [actualUser('mia')],
        groups: { 'g-1': { name: 'Data', members: ['u-mia'] } },
        actualGroups: [actualGroup('s-1', 'Data', 'g-1')],
        links: [userLink('mia'), groupLink('g-1', 's-1', 'Data')],
      },
      [],
    ],
  ])('%s', (_, sides, expected) => {
    expect(summary({ ...sides, managed })).toEqual(expected);
  });

  test('only what is left to us is a difference', () => {
    const sides = {
      users: [user('mia'), user('max')],
      actualUsers: [
        actualUser('mia', {}, { displayName: 'Other', active: false }),
        actualUser('max', {}, { displayName: 'Other' }),
      ],
      links: [userLink('mia', { unsettled: true }), userLink('max')],
    };
    expect(planOf({ ...sides, managed })).toMatchObject([{ principal: { id: 'u-mia' }, detail: ['active'] }]);
  });
});
