import { expect, test } from 'vitest';
import { Account } from '../../../src/local/databricks/account.ts';
import { DirectoryStore } from '../../../src/local/directory/store.ts';
import { addForeignContent, exampleTenant } from '../../../src/local/example-tenant/tenant.ts';
import { computedUserPrincipalName } from '../../../src/mapping/sign-in-name.ts';

const tenant = exampleTenant();
const { truth } = new DirectoryStore(tenant.seed);
const users = truth.list('user');
const groups = truth.list('group');
const assigned = truth.assignmentsTo(tenant.applicationObjectId).map(({ principalId }) => principalId);

test('it is the same in every run', () => {
  expect(exampleTenant()).toEqual(tenant);
});

test('it has the size of a small company', () => {
  expect(users).toHaveLength(250);
  expect(groups).toHaveLength(40);
  expect(truth.list('servicePrincipal').filter(({ id }) => id !== tenant.applicationObjectId)).toHaveLength(
    12,
  );
});

test('it has the hazards of real directories', () => {
  const names = users.map(({ properties }) => String(properties.displayName)).join('\n');
  for (const hazard of [
    /'/,
    /[\u0300-\u036f]/,
    /ł/i,
    /\p{Extended_Pictographic}/u,
    /\p{Script=Arabic}/u,
    /["\\<;]/,
  ]) {
    expect(names).toMatch(hazard);
  }
  const having = (test: (properties: Readonly<Record<string, unknown>>) => boolean) =>
    users.filter(({ properties }) => test(properties)).length;
  expect(having(({ userPrincipalName }) => String(userPrincipalName).includes('#EXT#'))).toBe(20);
  expect(having(({ mail }) => mail === null)).toBeGreaterThan(10);
  expect(having(({ accountEnabled }) => accountEnabled === false)).toBe(14);
  const membersOf = (name: string) =>
    truth.members(groups.find(group => group.properties.displayName === name)?.id ?? '');
  expect(membersOf('Newcomers')).toEqual([]);
  expect(membersOf('Lab machines').map(({ kind }) => kind)).toContain('device');
  expect(membersOf('Automation').map(({ kind }) => kind)).toContain('servicePrincipal');
  const steering = groups.find(group => group.properties.displayName === 'Steering committee')?.id ?? '';
  expect(truth.transitiveGroups(steering).map(({ id }) => id)).toContain(steering);
});

test('exactly two assigned groups share a name, so that exactly one is held', () => {
  const named = assigned
    .flatMap(id => truth.live(id, 'group') ?? [])
    .map(({ properties }) => String(properties.displayName).toLowerCase());
  expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual(['data science']);
});

test('no two people would become one account', () => {
  const names = users.map(({ properties }) =>
    computedUserPrincipalName(String(properties.userPrincipalName)).toLowerCase(),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('groups are nested several levels deep, and flattened ones overlap', () => {
  const { joinNested, aboveNested } = tenant.cast;
  expect(assigned).toContain(aboveNested);
  expect(assigned).not.toContain(joinNested);
  expect(truth.transitiveGroups(joinNested).map(({ id }) => id)).toContain(aboveNested);
  expect(truth.transitiveGroups(joinNested).length).toBeGreaterThanOrEqual(4);
});

test('some are assigned by themselves, and some are out of scope', () => {
  const inScope = new Set(
    assigned.flatMap(id => [id, ...truth.transitiveMembers(id).map(member => member.id)]),
  );
  expect(assigned.some(id => truth.live(id, 'user'))).toBe(true);
  expect(users.filter(({ id }) => !inScope.has(id)).length).toBeGreaterThan(10);
});

test('new people are hired into a group with disabled members, whom nobody waits for', () => {
  const members = truth.transitiveMembers(tenant.cast.hireInto);
  expect(members.some(({ properties }) => properties.accountEnabled === false)).toBe(true);
});

test('what the account held before has no name in common with the tenant', () => {
  const account = new Account();
  expect(addForeignContent(account)).toEqual({ users: account.users.length, groups: account.groups.length });
  const names = new Set(
    [...users, ...groups].map(({ properties }) =>
      String(properties.userPrincipalName ?? properties.displayName).toLowerCase(),
    ),
  );
  for (const { userName, displayName, type } of [...account.users, ...account.groups]) {
    expect(names.has(((type === 'Users' ? userName : displayName) ?? '').toLowerCase())).toBe(false);
  }
});
