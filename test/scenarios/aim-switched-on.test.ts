import { expect, test } from 'vitest';
import type { SeedGroup, SeedUser } from '../../src/local/directory/types.ts';
import { audit, expectConverged, openHolds } from '../harness/converge.ts';
import { memberNames, scimIdOf, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const MINUTE = 60_000;

/** Without the account's SCIM token the pipeline signs in with its Entra identity, which may ask more than SCIM. */
const ENTRA = { DATABRICKS_SCIM_TOKEN: '' };

/** Entra ID, as Databricks' own copy of it knows somebody. */
function known(world: World, ...objects: (SeedUser | SeedGroup)[]): void {
  const { directory } = world.cloud.databricks.aim;
  for (const object of objects) {
    const { id = '', userPrincipalName, displayName } = object;
    const name = { displayName: displayName ?? undefined };
    const isUser = typeof userPrincipalName === 'string';
    directory.set(
      id,
      isUser ? { type: 'Users', userName: userPrincipalName, ...name } : { type: 'Groups', ...name },
    );
  }
}

function refusals(world: World): string[] {
  return world.cloud.databricks.log
    .filter(({ status, path }) => status === 400 && !path.includes('resolve'))
    .map(({ method, path }) => `${method} ${path}`);
}

const isOn = async (world: World) => (await world.state.targets.read(world.target)).aim?.on;

test('automatic identity management is switched on in the middle of the work, and off again', async () => {
  const [ada, bob, cy, dan] = [user('ada'), user('bob'), user('cy'), user('dan')];
  const [team, club] = [group('team', [ada.id, bob.id, dan.id]), group('club', [ada.id, cy.id])];
  const den = group('den', [ada.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, cy, dan],
      groups: [team, club, den],
      assigned: [team.id, club.id, den.id],
    }),
    limits: 'off',
    settings: ENTRA,
  });
  const { directory, databricks } = world.cloud;
  const { store, aim } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(await isOn(world)).toBe(false);
  const names = () => store.users.map(({ userName }) => userName);

  // Everything at once, while nobody knows yet.
  aim.on = true;
  const eve = user('eve');
  known(world, ada, bob, cy, dan, team, club, den, eve);
  directory.store.addUser(eve);
  directory.store.addMember(team.id, eve.id);
  directory.store.addMember(team.id, cy.id);
  directory.store.update(club.id, { displayName: 'club two' });
  directory.store.update(ada.id, { displayName: 'Ada' });
  directory.store.update(bob.id, { accountEnabled: false });
  await world.until('the leaver is off', () => store.user('bob@contoso.com')?.active === false, MINUTE);
  await world.eventually('the newcomer is there', () => names().includes('eve@contoso.com'), 10 * MINUTE);
  expect(await isOn(world)).toBe(true);
  await world.drained({ laterLooks: true });
  expect(world.logs.filter(line => line.includes('aim-detected'))).toHaveLength(1);
  // Each of the changes that it does not take was refused at most twice, and the rest was left to it.
  expect(refusals(world).length).toBeLessThanOrEqual(8);

  // It brings somebody into a group by itself.
  directory.store.addMember(den.id, eve.id);
  const members = ['ada', 'eve'].map(alias => scimIdOf(world, alias));
  store.change('Groups', store.group('den')?.id ?? '', { members: new Set(members) });

  // Once it is known, nothing is refused any more, and leavers are still switched off.
  const before = refusals(world).length;
  const patched = writes(world).length;
  const [fay, lab] = [user('fay'), group('lab', [])];
  known(world, fay, lab);
  aim.hidesUnused = true;
  directory.store.addUser(fay);
  directory.store.addGroup({ ...lab, members: [fay.id] });
  directory.store.assign({
    principalId: lab.id,
    resourceId: directory.store.truth.assignmentsOf(team.id)[0]?.resourceId ?? '',
  });
  const account = scimIdOf(world, 'dan');
  const unseen = { error_code: 'RESOURCE_DOES_NOT_EXIST', message: `User with id ${account} is not found` };
  databricks.faults.push({ path: new RegExp(`^/Users/${account}$`), status: 404, body: unseen, times: 1e9 });
  directory.store.removeMember(team.id, dan.id);
  await world.eventually(
    'joined',
    () => store.group('lab') !== undefined && names().includes('fay@contoso.com'),
  );
  // Whose account does not show for a while is not given up: he might come back with it.
  await world.idle(5 * MINUTE);
  expect((await world.state.links.get(world.target, { kind: 'user', id: dan.id }))?.value.status).toBe(
    'linked',
  );
  databricks.faults.length = 0;
  await world.eventually('dan is off', () => store.user('dan@contoso.com')?.active === false, 10 * MINUTE);
  await world.idle(3 * MINUTE);
  await audit(world);
  await world.drained({ laterLooks: true });
  expect(refusals(world)).toHaveLength(before);
  const kinds = writes(world)
    .slice(patched)
    .filter(({ status }) => status < 400)
    .map(({ method, path }) => `${method} ${path.replace(/\/\d+$/, '')}`);
  expect(kinds.filter(line => !line.includes('resolve'))).toEqual(['PATCH /Users']);
  expect(await openHolds(world)).toEqual([]);
  // Whose only group is no longer assigned, of whom no removal tells.
  const [assigned] = directory.store.truth.assignmentsOf(lab.id);
  directory.store.unassign(assigned?.id ?? '');
  await world.eventually('fay is off', () => store.user('fay@contoso.com')?.active === false, 30 * MINUTE);

  // Off again: what it left behind is ours to put right.
  aim.on = false;
  aim.hidesUnused = false;
  await world.eventually('it is noticed', async () => (await isOn(world)) === false, 45 * MINUTE);
  await world.idle(3 * MINUTE);
  await world.drained({ laterLooks: true });
  expect(world.logs.filter(line => line.includes('aim-gone'))).toHaveLength(1);
  expect(memberNames(world, 'team')).toEqual([
    'ada@contoso.com',
    'bob@contoso.com',
    'cy@contoso.com',
    'eve@contoso.com',
  ]);
  expect(store.group('club two')).toBeDefined();
  expect(store.find(scimIdOf(world, 'ada'))?.displayName).toBe('Ada');
  await expectConverged(world);
  // Whom it brought in goes when he leaves, as if we had.
  directory.store.removeMember(den.id, eve.id);
  await world.eventually('eve is out', () => memberNames(world, 'den')?.length === 1);
  await world.drained({ laterLooks: true });
  expect(names().sort()).toEqual(
    ['ada', 'bob', 'cy', 'dan', 'eve', 'fay'].map(alias => `${alias}@contoso.com`),
  );
  expect(store.groups.map(({ displayName }) => displayName).sort()).toEqual([
    'club two',
    'den',
    'lab',
    'team',
  ]);
  expect(await world.deadLetters()).toEqual([]);
});

test('with a token that opens SCIM only, newcomers are held until it is over, and leavers go all the same', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store, aim } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  aim.on = true;
  const newcomers = ['eve', 'fay', 'gus', 'hal'].map(alias => user(alias));
  for (const newcomer of newcomers) {
    directory.store.addUser(newcomer);
    directory.store.addMember(team.id, newcomer.id);
  }
  directory.store.update(bob.id, { accountEnabled: false });
  await world.until('the leaver is off', () => store.user('bob@contoso.com')?.active === false, MINUTE);
  await world.eventually('they are held', async () => (await openHolds(world)).length === 4, 10 * MINUTE);
  const expected = newcomers.map(({ id }) => `managed-identities user:${id}`).sort();
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(expected);
  // Not more than one of them is tried in each cycle.
  const before = refusals(world).length;
  await world.idle(60 * MINUTE);
  expect(refusals(world).length - before).toBeLessThanOrEqual(4);
  expect(await world.deadLetters()).toEqual([]);

  aim.on = false;
  const isThere = () => newcomers.every(({ userPrincipalName }) => store.user(userPrincipalName as string));
  await world.eventually('they are there', isThere, 60 * MINUTE);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(memberNames(world, 'team')).toHaveLength(6);
  expect(await world.deadLetters()).toEqual([]);
});
