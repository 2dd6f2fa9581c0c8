import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KnownLink } from '../../src/planning/picture.ts';
import { actualGroup, actualUser, groupLink, planOf, type Sides, user, userLink } from './picture.ts';

const names = ['ann', 'ben', 'cat', 'dan'];

/** One linked group of linked people, as wanted, as recorded and as the target shows it. */
function group(o: {
  wanted: string[];
  recorded: string[];
  there: string[];
  hidden?: boolean;
  left?: boolean;
}): Sides {
  const members = Object.fromEntries(o.recorded.map(x => [`u-${x}`, `s-${x}`]));
  return {
    users: names.map(x => user(x)),
    actualUsers: names.map(x => actualUser(x)),
    actualGroups: [actualGroup('s-g', 'Data', 'g')],
    groups: o.left
      ? {}
      : { g: { name: 'Data', members: new Set(o.wanted.map(x => `u-${x}`)), hidden: o.hidden ?? false } },
    members: { 's-g': o.there },
    links: [...names.map(x => userLink(x)), groupLink('g', 's-g', 'Data', { members })],
  };
}

describe('members', () => {
  test('who are missing are granted in their turn', () => {
    expect(planOf(group({ wanted: ['ann', 'ben'], recorded: ['ann', 'ben'], there: ['s-ann'] }))).toEqual([
      {
        principal: { kind: 'group', id: 'g' },
        action: 'members',
        rowClass: 'bulk',
        scimId: 's-g',
        detail: ['u-ben'],
      },
    ]);
  });

  test('who are too many are revoked before everything else', () => {
    const plan = planOf(group({ wanted: ['ann'], recorded: ['ann', 'ben'], there: ['s-ann', 's-ben'] }));
    expect(plan).toMatchObject([{ action: 'members', rowClass: 'revoke', detail: ['u-ben'] }]);
  });

  test('of a group that left the scope go, as far as we wrote them', () => {
    const plan = planOf(group({ wanted: [], recorded: ['ann'], there: ['s-ann', 's-ben'], left: true }));
    expect(plan).toMatchObject([{ action: 'members', rowClass: 'revoke', detail: ['u-ann'] }]);
  });

  test('of a group that cannot be seen completely are not compared', () => {
    expect(planOf(group({ wanted: [], recorded: ['ann'], there: ['s-ann'], hidden: true }))).toEqual([]);
  });

  test('without a resource in the target are not waited for here', () => {
    const sides = group({ wanted: ['ann', 'ben'], recorded: ['ann'], there: ['s-ann'] });
    const links = sides.links?.map(link =>
      link.principal.id === 'u-ben' ? { ...link, status: 'creating' as const, scimId: undefined } : link,
    );
    expect(planOf({ ...sides, links }).filter(({ action }) => action === 'members')).toEqual([]);
  });

  test('who are not known to have a resource are not waited for either', () => {
    const sides = group({ wanted: ['ann', 'ben', 'cat'], recorded: ['ann'], there: ['s-ann'] });
    const links = sides.links?.flatMap(link => {
      if (link.principal.id === 'u-ben') return [];
      return link.principal.id === 'u-cat' ? [{ ...link, status: 'gone' as const }] : [link];
    });
    expect(planOf({ ...sides, links }).filter(({ action }) => action === 'members')).toEqual([]);
  });

  test.each<[string, Partial<KnownLink>]>([
    ['was taken away by somebody else', { status: 'gone' }],
    ['is about to be created', { status: 'creating' }],
    ['has no resource', { scimId: undefined }],
  ])('of a group that %s are not compared', (_, more) => {
    const sides = group({ wanted: ['ann'], recorded: ['ben'], there: ['s-ben'] });
    const links = sides.links?.map(link => (link.principal.id === 'g' ? { ...link, ...more } : link));
    expect(planOf({ ...sides, links }).filter(({ action }) => action === 'members')).toEqual([]);
  });

  test('of a group that left and is to stay as it is are kept, until it is back', () => {
    const leaver = (left: boolean) => {
      const sides = group({ wanted: [], recorded: ['ann'], there: ['s-ann'], left });
      const links = sides.links?.map(link => ({ ...link, leaver: 'stays' as const }));
      return planOf({ ...sides, links }).map(({ action }) => action);
    };
    expect(leaver(true)).toEqual([]);
    expect(leaver(false)).toEqual(['members']);
  });

  test('that are in the plan are exactly the difference of wanted and there, less what is foreign', () => {
    const some = fc.subarray(names);
    const foreign = fc.subarray(['s-f1', 's-f2']);
    fc.assert(
      fc.property(some, some, some, foreign, (wanted, recorded, present, others) => {
        const there = [...present.map(x => `s-${x}`), ...others];
        const plan = planOf(group({ wanted, recorded, there }));
        const missing = wanted.filter(x => !present.includes(x));
        const surplus = present.filter(x => recorded.includes(x) && !wanted.includes(x));
        const expected = [...missing, ...surplus].map(x => `u-${x}`).sort();
        expect(plan.flatMap(({ detail }) => detail).sort()).toEqual(expected);
        expect(plan.every(({ rowClass }) => rowClass === (surplus.length > 0 ? 'revoke' : 'bulk'))).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });
});
