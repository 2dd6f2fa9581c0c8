import { describe, expect, test } from 'vitest';
import { RESOURCE_LIMITS } from '../../src/databricks/limits.ts';
import type { Attributes } from '../../src/identity/desired.ts';
import type { PrincipalKind } from '../../src/identity/principal.ts';
import type { ActualPicture, DesiredGroup, DesiredPicture, PlanItem } from '../../src/planning/picture.ts';
import { type LimitReadings, readLimits, tooLong } from '../../src/planning/resource-limits.ts';
import { actualGroup, actualUser, user } from './picture.ts';

const LIMITS = { ...RESOURCE_LIMITS, accounts: 10, groups: 5, membershipsPerIdentity: 10 };

interface Plan {
  users?: number;
  creates?: number;
  actualUsers?: number;
  actualServicePrincipals?: number;
  actualGroups?: number;
  groupCreates?: number;
  updates?: number;
  servicePrincipals?: string[];
  groups?: Record<string, string[]>;
  names?: Record<string, string>;
}

function read(plan: Plan): LimitReadings {
  const resource = (create: Attributes) => ({ create, set: create, match: {} });
  const groups = Object.entries(plan.groups ?? {}).map(([id, members]): [string, DesiredGroup] => [
    id,
    {
      ...resource({ displayName: plan.names?.[id] ?? id, externalId: id }),
      members: new Map(
        members.map((member): [string, PrincipalKind] => [
          member,
          member.startsWith('u-') ? 'user' : 'group',
        ]),
      ),
      createdDateTime: null,
      hidden: false,
    },
  ]);
  const desired: DesiredPicture = {
    users: new Map(many(plan.users).map(x => [`u-${x}`, resource(user(x))])),
    servicePrincipals: new Map(
      (plan.servicePrincipals ?? []).map(id => [id, resource({ displayName: id, externalId: id })]),
    ),
    groups: new Map(groups),
  };
  const actual: ActualPicture = {
    resources: {
      user: many(plan.actualUsers).map(x => actualUser(x)),
      servicePrincipal: many(plan.actualServicePrincipals).map(x => actualUser(x)),
      group: many(plan.actualGroups).map(x => actualGroup(x, x)),
    },
    members: new Map(),
  };
  const item =
    (kind: PrincipalKind) =>
    (id: string): PlanItem => ({
      principal: { kind, id },
      action: 'create',
      rowClass: 'bulk',
      detail: [],
    });
  const items = [
    ...many(plan.creates).map(item('user')),
    ...many(plan.groupCreates).map(item('group')),
    ...many(plan.updates).map((id): PlanItem => ({ ...item('user')(id), action: 'update' })),
  ];
  return readLimits({ desired, actual, items }, LIMITS);
}

function many(count = 0): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

/** `limit used/most` of each reading. */
function texts({ exceeded, near }: LimitReadings): { exceeded: string[]; near: string[] } {
  const text = ({ limit, used, most }: LimitReadings['near'][number]): string => `${limit} ${used}/${most}`;
  return { exceeded: exceeded.map(text), near: near.map(text) };
}

test.each<[string, Plan, { exceeded: string[]; near: string[] }]>([
  ['nothing', {}, { exceeded: [], near: [] }],
  ['just below the warning', { actualUsers: 7, actualGroups: 3 }, { exceeded: [], near: [] }],
  [
    '80 % of the accounts, both kinds counted',
    { actualUsers: 5, actualServicePrincipals: 3 },
    { exceeded: [], near: ['accounts 8/10'] },
  ],
  [
    'what is to be created included',
    { actualUsers: 5, creates: 5 },
    { exceeded: [], near: ['accounts 10/10'] },
  ],
  ['what is there already once', { actualUsers: 7, updates: 3 }, { exceeded: [], near: [] }],
  ['one too many', { actualUsers: 5, creates: 6 }, { exceeded: ['accounts 11/10'], near: [] }],
  ['groups apart', { actualGroups: 3, groupCreates: 1, creates: 1 }, { exceeded: [], near: ['groups 4/5'] }],
  ['groups exceeded', { actualGroups: 3, groupCreates: 3 }, { exceeded: ['groups 6/5'], near: [] }],
])('totals: %s', (_, plan, expected) => expect(texts(read(plan))).toEqual(expected));

test('a total is nobody’s own', () => {
  const [near] = read({ actualUsers: 8 }).near;
  expect(near).toEqual({ limit: 'accounts', used: 8, most: 10, principals: [] });
});

describe('memberships', () => {
  const inGroups = (count: number): Plan => ({
    users: 2,
    groups: Object.fromEntries(many(count).map(id => [id, id < '5' ? ['u-0', 'u-1'] : ['u-0']])),
  });

  test('are counted for each identity, and only those concerned are named', () => {
    const { near, exceeded } = read(inGroups(9));
    expect(exceeded).toEqual([]);
    expect(near).toEqual([
      { limit: 'membershipsPerIdentity', used: 9, most: 10, principals: [{ kind: 'user', id: 'u-0' }] },
    ]);
  });

  test('of service principals count as well', () => {
    const groups = Object.fromEntries(many(8).map(id => [id, ['sp-job']]));
    expect(read({ servicePrincipals: ['sp-job'], groups }).near).toEqual([
      {
        limit: 'membershipsPerIdentity',
        used: 8,
        most: 10,
        principals: [{ kind: 'servicePrincipal', id: 'sp-job' }],
      },
    ]);
  });

  test('one too many', () => {
    const groups = Object.fromEntries(many(11).map(id => [`g${id}`, ['u-0']]));
    expect(texts(read({ users: 1, groups })).exceeded).toEqual(['membershipsPerIdentity 11/10']);
  });

  test('of somebody who is not provisioned do not count', () => {
    const groups = Object.fromEntries(many(11).map(id => [`g${id}`, ['u-0']]));
    expect(texts(read({ groups }))).toEqual({ exceeded: [], near: [] });
  });
});

describe('nesting', () => {
  const chain = (levels: number): Plan => ({
    groups: Object.fromEntries(many(levels).map(id => [`g${id}`, [`g${Number(id) + 1}`]])),
  });

  test.each([
    [7, { exceeded: [], near: [] }],
    [8, { exceeded: [], near: ['nestingDepth 8/10'] }],
    [10, { exceeded: [], near: ['nestingDepth 10/10'] }],
    [11, { exceeded: ['nestingDepth 11/10'], near: ['nestingDepth 10/10'] }],
  ])('of %i levels', (levels, expected) => expect(texts(read(chain(levels)))).toEqual(expected));

  test('names the groups that are above so many', () => {
    expect(read(chain(9)).near).toEqual([
      {
        limit: 'nestingDepth',
        used: 9,
        most: 10,
        principals: [
          { kind: 'group', id: 'g0' },
          { kind: 'group', id: 'g1' },
        ],
      },
    ]);
  });

  test('is measured once for each group, however many ways lead to it', () => {
    const levels = many(9).map(Number);
    const groups = levels.flatMap(level =>
      many(40).map((id): [string, string[]] => [
        `g${level}.${id}`,
        level < 8 ? many(40).map(below => `g${level + 1}.${below}`) : [],
      ]),
    );
    expect(read({ groups: Object.fromEntries(groups) }).near).toMatchObject([
      { limit: 'nestingDepth', used: 9 },
    ]);
  });

  test('in a circle ends', () => {
    expect(texts(read({ groups: { a: ['b'], b: ['c'], c: ['a'] } }))).toEqual({ exceeded: [], near: [] });
  });
});

test('long names are reported once they are too long', () => {
  const names = { a: 'x'.repeat(255), b: 'x'.repeat(256), c: 'x'.repeat(300) };
  const { exceeded, near } = read({ groups: { a: [], b: [], c: [] }, names });
  expect(near).toEqual([]);
  expect(exceeded).toEqual([
    {
      limit: 'groupNameLength',
      used: 300,
      most: 255,
      principals: [
        { kind: 'group', id: 'c' },
        { kind: 'group', id: 'b' },
      ],
    },
  ]);
});

test.each<[PrincipalKind, Attributes, string | undefined]>([
  ['group', { displayName: 'x'.repeat(256) }, 'groupNameLength'],
  ['group', { displayName: 'x'.repeat(255), externalId: 'x'.repeat(65) }, 'externalIdLength'],
  ['group', { displayName: 'x'.repeat(255), externalId: 'x'.repeat(64) }, undefined],
  ['group', { displayName: undefined, externalId: undefined }, undefined],
  // No limit is known for the display names of people.
  ['user', { displayName: 'x'.repeat(256) }, undefined],
])('a %s is too long: %#', (kind, attributes, limit) => {
  expect(tooLong(kind, attributes, RESOURCE_LIMITS)?.limit).toBe(limit);
});
