import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { APPLICATION, group, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const IDENTITY = [
  { target: 'userName', source: 'userPrincipalName', matching: 1 },
  { target: 'externalId', source: 'objectId', matching: 2 },
  { target: 'active', expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")' },
  { target: 'emails[type eq "work"].value', source: 'mail' },
];

/** Both tables as the classic setup guides have them. */
const CLASSIC = {
  users: [
    ...IDENTITY,
    { target: 'displayName', expression: 'Join(" ", [givenName], [surname])' },
    { target: 'name.givenName', source: 'givenName' },
    { target: 'name.familyName', source: 'surname' },
  ],
  groups: [
    { target: 'displayName', source: 'displayName', matching: 1 },
    { target: 'externalId', source: 'objectId' },
  ],
};

/** What the incumbent can say about single rules, and what it cannot. */
const RICHER = {
  users: [
    ...IDENTITY,
    {
      target: 'displayName',
      expression:
        'Switch([extensionAttribute1], [extensionAttribute1], "", Join(" ", [givenName], [surname]))',
      required: true,
    },
    { target: 'name.givenName', source: 'givenName', default: 'Unknown', apply: 'onCreate' },
    { target: 'name.familyName', source: 'surname', clearWhenEmpty: true },
    { target: 'roles', source: 'appRoleAssignments', values: ['reader', 'account_admin'] },
  ],
  groups: CLASSIC.groups,
  servicePrincipals: [
    { target: 'displayName', source: 'displayName', apply: 'always' },
    {
      target: 'roles',
      source: 'appRoleAssignments',
      values: ['reader', 'writer', 'account_admin'],
      assert: true,
    },
  ],
};

/** Assignments are heard of by the poll alone; a machine under load needs more of the test clock for one. */
const POLLED_WITHIN_MS = 900_000;

const appRoles = ['reader', 'writer', 'account_admin'].map(value => ({ id: randomUUID(), value }));

function roleId(role: string): string {
  return appRoles.find(({ value }) => value === role)?.id ?? '';
}

test('mappings pasted from the Entra connector give what they say, and a changed one keeps every account', async () => {
  const [ada, bob, eve] = [
    user('ada', { givenName: 'Ada', surname: 'Lovelace', displayName: 'ignored', mail: 'Ada@Contoso.com' }),
    user('bob', { givenName: 'Bob', surname: null }),
    user('eve', { mail: 'eve.other@contoso.com' }),
  ];
  const team = group('team', [ada.id, bob.id]);
  const readers = group('readers');
  const app = { id: randomUUID(), appId: randomUUID(), displayName: 'loader' };
  await using world = await createWorld({
    seed: {
      users: [ada, bob, eve],
      groups: [team, readers],
      servicePrincipals: [app, { id: APPLICATION, displayName: 'Databricks', appRoles }],
      assignments: [
        ...[team, eve, app].map(({ id }) => ({ principalId: id, resourceId: APPLICATION })),
        { principalId: readers.id, resourceId: APPLICATION, appRoleId: roleId('reader') },
      ],
    },
    limits: 'off',
    config: { mappings: CLASSIC },
  });
  const { store: databricks, log } = world.cloud.databricks;
  const { store: entra } = world.cloud.directory;
  const userOf = (alias: string) => databricks.user(`${alias}@contoso.com`);
  const appOf = () => databricks.servicePrincipal(app.appId);
  const settled = () => world.drained({ laterLooks: true });

  await world.initialCycle();
  await settled();
  expect(userOf('ada')).toMatchObject({
    externalId: ada.id,
    displayName: 'Ada Lovelace',
    name: { givenName: 'Ada', familyName: 'Lovelace' },
    active: true,
  });
  expect(userOf('bob')).toMatchObject({ displayName: 'Bob', name: { givenName: 'Bob' } });
  const created = log.filter(({ method, path }) => method === 'POST' && path === '/Users');
  expect(created.map(({ body }) => (body as { emails: { value: string }[] }).emails[0]?.value)).toEqual(
    expect.arrayContaining(['ada@contoso.com', 'bob@contoso.com']),
  );
  expect(databricks.group('team')).toMatchObject({ externalId: team.id });
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
  expect(appOf()).toMatchObject({ externalId: app.id, displayName: 'loader', active: true });
  // Databricks refuses a work e-mail that differs from userName: reported, and nothing is written for her.
  expect(userOf('eve')).toBeUndefined();
  expect((await world.deadLetters()).map(({ deadLetterReason }) => deadLetterReason)).toEqual([
    'MappingEmailDiffers',
  ]);

  // Switch on IsSoftDeleted, both ways, and Join when one of its sources changes.
  entra.update(ada.id, { accountEnabled: false, surname: 'Byron' });
  await world.eventually('she is off', () => userOf('ada')?.active === false);
  entra.update(ada.id, { accountEnabled: true });
  await world.eventually('she is on', () => userOf('ada')?.active === true);
  entra.update(team.id, { displayName: 'the team' });
  entra.update(app.id, { displayName: 'renamed' });
  await settled();
  expect(userOf('ada')).toMatchObject({ displayName: 'Ada Byron', name: { familyName: 'Byron' } });
  expect(databricks.group('the team')?.externalId).toBe(team.id);
  // Automations refer to the name of a service principal: without a rule it stays as it was.
  expect(appOf()?.displayName).toBe('loader');

  const ids = databricks.users.map(({ id }) => id).sort();
  const richer = writesFromNow(world);
  const { configuration } = await world.state.targets.read(world.target);
  await world.reconfigure({ mappings: RICHER, adminAllowList: [ada.id, app.id] });
  await world.fire('reconcile');
  await world.until(
    'the changed mapping is compared with the target',
    async () => (await world.state.targets.read(world.target)).configuration !== configuration,
  );
  await settled();
  expect(richer.records().filter(({ method }) => method !== 'PATCH')).toEqual([]);
  expect(databricks.users.map(({ id }) => id).sort()).toEqual(ids);
  expect(appOf()?.displayName).toBe('renamed');

  await expectRules(world, { ada, team, settled });
  await expectRoles(world, { ada, bob, app, readers, settled });
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
}, 180_000);

interface Actors {
  readonly settled: () => Promise<void>;
}

/** Defaults, rules for the create alone, what is cleared, what is required, and another source for some. */
async function expectRules(
  world: World,
  { ada, team, settled }: Actors & { ada: { id: string }; team: { id: string } },
): Promise<void> {
  const { store: databricks } = world.cloud.databricks;
  const { store: entra } = world.cloud.directory;
  const userOf = (alias: string) => databricks.user(`${alias}@contoso.com`);
  const [fay, gus] = [
    user('fay', {
      givenName: null,
      onPremisesExtensionAttributes: { extensionAttribute1: 'Fay (Finance)' },
    }),
    user('gus', { givenName: null, surname: null }),
  ];
  for (const person of [fay, gus]) {
    entra.addUser(person);
    entra.addMember(team.id, person.id);
  }
  await settled();
  expect(userOf('fay')).toMatchObject({
    displayName: 'Fay (Finance)',
    name: { givenName: 'Unknown', familyName: 'Contoso' },
  });
  expect(userOf('gus')).toBeUndefined();
  expect(await openHolds(world)).toEqual([{ hold: `missing-values user:${gus.id}`, ids: ['displayName'] }]);

  entra.update(gus.id, { givenName: 'Gus' });
  // onCreate is over for both; the family name follows, into nothing as well.
  entra.update(ada.id, { givenName: 'Augusta', surname: null });
  entra.update(fay.id, { givenName: 'Fay', onPremisesExtensionAttributes: { extensionAttribute1: null } });
  await settled();
  expect(userOf('gus')).toMatchObject({ displayName: 'Gus', name: { givenName: 'Gus' } });
  expect(userOf('ada')).toMatchObject({ displayName: 'Augusta', name: { givenName: 'Ada' } });
  expect(userOf('ada')?.name?.familyName).toBeUndefined();
  expect(userOf('fay')).toMatchObject({ displayName: 'Fay Contoso', name: { givenName: 'Unknown' } });
  expect(memberNames(world, 'the team')).toEqual(
    ['ada', 'bob', 'fay', 'gus'].map(one => `${one}@contoso.com`),
  );

  // What is required and became empty keeps the account as it is; it takes nothing away.
  entra.update(gus.id, { givenName: null });
  await settled();
  expect(userOf('gus')).toMatchObject({ displayName: 'Gus', active: true });
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`missing-values user:${gus.id}`]);
  entra.update(gus.id, { givenName: 'Gustav' });
  await settled();
  expect(userOf('gus')?.displayName).toBe('Gustav');
}

/** Additive and assertive; nothing undeclared is touched, and administration is for the allow-list alone. */
async function expectRoles(
  world: World,
  { ada, bob, app, readers, settled }: Actors & Record<'ada' | 'bob' | 'app' | 'readers', { id: string }>,
): Promise<void> {
  const { store: databricks } = world.cloud.databricks;
  const { store: entra } = world.cloud.directory;
  const rolesOf = (id: string) =>
    [...databricks.users, ...databricks.servicePrincipals]
      .filter(({ externalId }) => externalId === id)
      .map(({ roles }) => [...roles].sort())[0];
  const assign = (principalId: string, role: string) =>
    entra.assign({
      principalId,
      resourceId: APPLICATION,
      appRoleId: roleId(role),
    });
  const appInTarget = databricks.servicePrincipals[0];
  databricks.change('ServicePrincipals', appInTarget?.id ?? '', { roles: new Set(['by-hand', 'writer']) });

  const administers = assign(ada.id, 'account_admin');
  const reads = assign(ada.id, 'reader');
  const writes = assign(ada.id, 'writer');
  assign(bob.id, 'account_admin');
  const appWrites = assign(app.id, 'writer');
  assign(app.id, 'reader');
  const appAdministers = assign(app.id, 'account_admin');
  await world.eventually(
    'roles are given',
    () => rolesOf(app.id)?.includes('reader') === true,
    POLLED_WITHIN_MS,
  );
  await world.eventually('to people as well', () => (rolesOf(ada.id)?.length ?? 0) > 0, POLLED_WITHIN_MS);
  await settled();
  // writer is not declared for users, and administration is for those on the allow-list.
  expect(rolesOf(ada.id)).toEqual(['account_admin', 'reader']);
  expect(rolesOf(bob.id)).toEqual([]);
  expect(rolesOf(app.id)).toEqual(['account_admin', 'by-hand', 'reader', 'writer']);

  for (const { id } of [administers, reads, writes, appWrites, appAdministers]) entra.unassign(id);
  await world.eventually(
    'an asserted role is taken',
    () => rolesOf(app.id)?.includes('writer') === false,
    POLLED_WITHIN_MS,
  );
  await settled();
  // Additive ones stay, and administration always: the last administrator may be among those who hold it.
  expect(rolesOf(app.id)).toEqual(['account_admin', 'by-hand', 'reader']);
  expect(rolesOf(ada.id)).toEqual(['account_admin', 'reader']);

  // A group passes its roles on to whoever joins it; nothing about himself tells of that.
  entra.addMember(readers.id, bob.id);
  await world.eventually(
    'the role of the group is given',
    () => rolesOf(bob.id)?.includes('reader') === true,
    POLLED_WITHIN_MS,
  );
}
