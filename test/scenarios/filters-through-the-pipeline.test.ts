import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';
import { FILTER_ROWS, type FilterRow, type Source } from './filter-rows.ts';

const limit = { count: 1_000, percent: 100 };
const NO_LIMIT = { perHour: limit, perDay: limit, perWeek: limit };

/** Memberships of a group that a filter names are heard of by the poll; a machine under load needs more of the clock. */
const POLLED_WITHIN_MS = 900_000;

/** A user for one row of the table; companyName says which, so that no filter but that row's can let him in. */
function person(row: string, index: number, source: Source) {
  return user(`${row}-${index}`, { companyName: row, ...source });
}

/** The passing ones of a row come first. */
const rows = FILTER_ROWS.map((row, index) => {
  const label = `row${index}`;
  const people = [...row.passes, ...row.fails].map((source, at) => person(label, at, source));
  return { ...row, label, people, wanted: people.slice(0, row.passes.length) };
});

/** The first passing and the first failing one of a row get each other's values. */
function swapped({ passes, fails }: FilterRow): readonly [Source, Source] {
  const [good = {}, bad = {}] = [passes[0], fails[0]];
  const cleared = (source: Source) =>
    Object.fromEntries(Object.keys(source).map(name => [name, empty(name)]));
  return [
    { ...cleared(good), ...bad },
    { ...cleared(bad), ...good },
  ];
}

function empty(name: string): unknown {
  if (name === 'onPremisesExtensionAttributes') return { extensionAttribute1: null };
  return ['otherMails', 'proxyAddresses', 'businessPhones'].includes(name) ? [] : null;
}

test('every operator decides by its null and case rule, in the initial cycle and at every change', async () => {
  const [joiner, nested, andOnly, both, guest, member] = [
    user('joiner'),
    user('nested'),
    user('and-one', { department: 'R&D', city: 'Bonn' }),
    user('and-both', { department: 'R&D', city: 'Kiel' }),
    user('guest', {
      userPrincipalName: 'ana_partner.example#EXT#@contoso.com',
      userType: 'Guest',
      companyName: 'partner',
    }),
    user('member', { companyName: 'partner' }),
  ];
  const inner = group('inner', [nested.id]);
  const named = { ...group('named', [inner.id]), securityEnabled: false };
  const [data, other] = [group('data-team', [both.id]), group('sales', [both.id])];
  const apps = ['ManagedIdentity', 'Application'].map((servicePrincipalType, index) => ({
    id: crypto.randomUUID(),
    appId: crypto.randomUUID(),
    displayName: `app${index}`,
    servicePrincipalType,
  }));
  const people = [joiner, nested, andOnly, both, guest, member, ...rows.flatMap(row => row.people)];
  const byRow = rows.map(({ label, clause }) => [
    { attribute: 'companyName', operator: 'EQUALS', value: label },
    clause,
  ]);
  await using world = await createWorld({
    seed: tenant({
      users: people,
      groups: [inner, named, data, other],
      servicePrincipals: apps,
      assigned: [...people, ...apps, data, other].map(({ id }) => id),
    }),
    limits: 'off',
    config: {
      // More than the guard lets through at once leave by filters here.
      guard: { accounts: NO_LIMIT },
      scope: {
        filters: {
          users: [
            ...byRow,
            [{ operator: 'IsMemberOf', value: named.id }],
            [
              { attribute: 'department', operator: 'EQUALS', value: 'R&D' },
              { attribute: 'city', operator: 'EQUALS', value: 'Kiel' },
            ],
            [
              { attribute: 'companyName', operator: 'EQUALS', value: 'partner' },
              { attribute: 'userType', operator: 'EQUALS', value: 'Guest' },
            ],
          ],
          groups: [[{ attribute: 'displayName', operator: 'REGEX MATCH', value: '^data-' }]],
          servicePrincipals: [
            [{ attribute: 'servicePrincipalType', operator: 'EQUALS', value: 'ManagedIdentity' }],
          ],
        },
      },
    },
  });
  const { store: databricks } = world.cloud.databricks;
  const { store: entra } = world.cloud.directory;
  /** What a row decided, in the words of the table: a difference shows which rule was broken. */
  const inTarget = (active: boolean) =>
    databricks.users.filter(one => one.active === active).map(({ externalId }) => externalId);
  const explained = (ids: readonly (string | undefined)[]) =>
    ids.map(id => said(people.find(one => one.id === id) ?? {})).sort();

  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const first = [nested, both, guest, ...rows.flatMap(row => row.wanted)].map(({ id }) => id);
  expect(explained(inTarget(true))).toEqual(explained(first));
  expect(inTarget(false)).toEqual([]);
  expect(databricks.user('ana@partner.example')?.externalId).toBe(guest.id);
  expect(databricks.groups.map(({ displayName }) => displayName)).toEqual(['data-team']);
  expect(databricks.servicePrincipals.map(({ displayName }) => displayName)).toEqual(['app0']);

  // The same table once more, by changes: whoever no longer passes is switched off, whoever passes now is let in.
  const moved = writesFromNow(world);
  const left: string[] = [];
  const came: string[] = [];
  for (const row of rows) {
    const [good, bad] = [row.wanted[0], row.people[row.wanted.length]];
    if (good === undefined || bad === undefined) continue;
    const [toBad, toGood] = swapped(row);
    entra.update(good.id, toBad);
    entra.update(bad.id, toGood);
    left.push(good.id);
    came.push(bad.id);
  }
  entra.addMember(named.id, joiner.id);
  entra.update(andOnly.id, { city: 'Kiel' });
  entra.update(both.id, { city: 'kiel' });
  const after = [...first.filter(id => !left.includes(id) && id !== both.id), ...came, joiner.id, andOnly.id];
  await world.eventually(
    'everybody is let in or switched off',
    () => inTarget(true).length === after.length && inTarget(false).length === left.length + 1,
    POLLED_WITHIN_MS,
  );
  await world.drained({ laterLooks: true });
  expect(explained(inTarget(true))).toEqual(explained(after));
  expect(explained(inTarget(false))).toEqual(explained([...left, both.id]));
  expect(moved.records().filter(({ method }) => method === 'DELETE')).toEqual([]);

  // Leaving the group of IsMemberOf is such a change as well; below that group, the next audit finds it.
  entra.removeMember(named.id, joiner.id);
  entra.removeMember(inner.id, nested.id);
  await world.eventually(
    'whoever left the group is off',
    () => databricks.user('joiner@contoso.com')?.active === false,
    POLLED_WITHIN_MS,
  );
  await world.idle(125_000);
  await audit(world);
  expect(databricks.user('nested@contoso.com')?.active).toBe(false);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);

function said(person: Readonly<Record<string, unknown>>): string {
  const row = rows.find(({ label }) => label === person.companyName);
  const { attribute, operator, value } = row?.clause ?? {};
  return `${String(person.userPrincipalName)}: ${attribute} ${operator} ${JSON.stringify(value)}`;
}
