import fc from 'fast-check';
import type { SeedGroup, SeedServicePrincipal, SeedUser } from '../../src/local/directory/types.ts';
import type { ModelClause } from './filter-rules.ts';
import type { ModelConfig } from './model-config.ts';

const USERS = 7;
const GROUPS = 5;
const SERVICE_PRINCIPALS = 2;
export const DEPARTMENTS = ['Engineering', 'Sales', 'Sales Support', null] as const;
export const ALIASES = ['ann', 'Ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal', 'ida'] as const;
export const GROUP_NAMES = ['Data', 'Ops', 'Lab', 'Web', 'Hub', 'data ', 'New'] as const;

/** The same object ids in every run, neither ascending nor alike: order decides where circles are cut. */
export function idOf(index: number): string {
  const mixed = (Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `${mixed}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}

export const userIds: readonly string[] = Array.from({ length: USERS }, (_, i) => idOf(i));
export const groupIds: readonly string[] = Array.from({ length: GROUPS }, (_, i) => idOf(100 + i));
export const servicePrincipalIds: readonly string[] = Array.from({ length: SERVICE_PRINCIPALS }, (_, i) =>
  idOf(200 + i),
);
const everybody = [...userIds, ...groupIds, ...servicePrincipalIds];

export interface TenantDraw {
  readonly users: readonly (SeedUser & { id: string })[];
  readonly groups: readonly (SeedGroup & { id: string })[];
  readonly servicePrincipals: readonly (SeedServicePrincipal & { id: string })[];
  readonly assigned: readonly string[];
}

export function memberName(alias: string): string {
  return `${alias}@contoso.com`;
}

const department = fc.constantFrom(...DEPARTMENTS);
const mostly = fc.integer({ min: 0, max: 4 }).map(draw => draw > 0);
const rarely = mostly.map(draw => !draw);

const user = (index: number): fc.Arbitrary<SeedUser & { id: string }> =>
  fc.record({ department, accountEnabled: mostly, isGuest: rarely }).map(({ isGuest, ...drawn }) => ({
    id: idOf(index),
    displayName: `User ${index}`,
    userType: isGuest ? 'Guest' : 'Member',
    userPrincipalName: isGuest
      ? `guest_${index}_partner.com#EXT#@contoso.onmicrosoft.com`
      : memberName(ALIASES[index] ?? `user${index}`),
    ...drawn,
  }));

const sorts = {
  security: { securityEnabled: true, groupTypes: [] },
  unified: { securityEnabled: false, mailEnabled: true, groupTypes: ['Unified'] },
  list: { securityEnabled: false, mailEnabled: true, groupTypes: [] },
} as const;
const sort = fc.constantFrom('security', 'security', 'security', 'security', 'unified', 'list' as const);

const group = (index: number): fc.Arbitrary<SeedGroup & { id: string }> => {
  const id = idOf(100 + index);
  const members = fc.subarray(
    everybody.filter(member => member !== id),
    { maxLength: 6 },
  );
  return fc.record({ members, sort }).map(drawn => ({
    id,
    displayName: GROUP_NAMES[index] ?? `Group ${index}`,
    createdDateTime: `20${10 + index}-01-01T00:00:00Z`,
    members: drawn.members,
    ...sorts[drawn.sort],
  }));
};

const servicePrincipal = (index: number): fc.Arbitrary<SeedServicePrincipal & { id: string }> =>
  mostly.map(accountEnabled => ({
    id: idOf(200 + index),
    appId: idOf(300 + index),
    displayName: `App ${index}`,
    accountEnabled,
  }));

const each = <T>(count: number, of: (index: number) => fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.tuple(...Array.from({ length: count }, (_, index) => of(index)));

export const randomTenant: fc.Arbitrary<TenantDraw> = fc.record({
  users: each(USERS, user),
  groups: each(GROUPS, group),
  servicePrincipals: each(SERVICE_PRINCIPALS, servicePrincipal),
  assigned: fc.subarray(everybody, { minLength: 2, maxLength: 6 }),
});

const userClause = fc.constantFrom<ModelClause>(
  { attribute: 'department', operator: 'EQUALS', value: 'Sales' },
  { attribute: 'department', operator: 'NOT EQUALS', value: 'Sales' },
  { attribute: 'department', operator: 'INCLUDES', value: 'Sales' },
  { attribute: 'department', operator: 'ENDS_WITH', value: 'Sales' },
  { attribute: 'department', operator: 'REGEX MATCH', value: '^(Sales|Engineering)$' },
  { attribute: 'department', operator: 'NOT REGEX MATCH', value: 'Support' },
  { attribute: 'department', operator: 'IS NULL' },
  { attribute: 'department', operator: 'IS NOT NULL' },
  { operator: 'IsMemberOf', value: idOf(100) },
);
const filters = <T>(clause: fc.Arbitrary<T>): fc.Arbitrary<T[][]> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant<T[][]>([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.array(clause, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
    },
  );

const nesting = fc.constantFrom<Pick<ModelConfig, 'mode' | 'nestedGroups' | 'assignDescendants'>>(
  { mode: 'assigned', nestedGroups: 'flatten' },
  { mode: 'assigned', nestedGroups: 'flatten' },
  { mode: 'assigned', nestedGroups: 'flatten', assignDescendants: true },
  { mode: 'assigned', nestedGroups: 'mirror' },
  { mode: 'assigned', nestedGroups: 'mirror' },
  { mode: 'assigned', nestedGroups: 'direct' },
  { mode: 'assigned', nestedGroups: 'direct', assignDescendants: true },
  { mode: 'all', nestedGroups: 'flatten' },
  { mode: 'all', nestedGroups: 'mirror' },
);

const listed = fc.oneof(
  { weight: 2, arbitrary: fc.constant<string[]>([]) },
  { weight: 1, arbitrary: fc.subarray(everybody, { maxLength: 2 }) },
);

/** Every configuration of the scope. */
export const randomConfig: fc.Arbitrary<ModelConfig> = fc
  .record({
    nesting,
    guests: mostly,
    microsoft365Groups: fc.boolean(),
    servicePrincipals: mostly,
    include: listed,
    exclude: listed,
    filters: fc.record({
      user: filters(userClause),
      group: filters(
        fc.constantFrom<ModelClause>(
          { attribute: 'displayName', operator: 'NOT EQUALS', value: 'Ops' },
          { attribute: 'displayName', operator: 'REGEX MATCH', value: '^[DLWHN]' },
        ),
      ),
      servicePrincipal: filters(
        fc.constant<ModelClause>({ attribute: 'displayName', operator: 'ENDS_WITH', value: '0' }),
      ),
    }),
  })
  .map(({ nesting: how, exclude, ...rest }) => ({
    ...how,
    ...rest,
    // One id in both lists is refused.
    exclude: exclude.filter(id => !rest.include.includes(id)),
  }));
