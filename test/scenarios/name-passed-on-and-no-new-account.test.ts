import { expect, test } from 'vitest';
import { scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** Whoever is in the department of lists gets a given name that the target does not take. */
const mappings = {
  users: [
    { target: 'userName', source: 'userPrincipalName', matching: 1 },
    { target: 'displayName', source: 'displayName' },
    { target: 'name.givenName', expression: 'Switch([department], [givenName], "lists", Split("a;b", ";"))' },
  ],
};

test('an account whose name was passed on goes at once, whatever keeps the one that is to replace it from coming', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const team = group('team', [ada.id, bob.id, eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [team], assigned: [team.id] }),
    limits: 'off',
    config: { lifecycle: { userNameChange: 'replace' }, mappings },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const isOff = (alias: string): boolean => databricks.store.user(`${alias}@contoso.com`)?.active === false;

  // The target waits for somebody's approval of the plan: only what takes access away is written, and the rest waits.
  const isPlanOnly = (planOnly: boolean) =>
    world.state.targets.update(world.target, state => ({ ...state, planOnly }));
  await isPlanOnly(true);
  directory.store.update(bob.id, { userPrincipalName: 'bob.married@contoso.com' });
  directory.store.addUser(user('newcomer to bob', { userPrincipalName: 'bob@contoso.com' }));
  await world.eventually('the account of bob is off', () => isOff('bob'), 180_000);
  expect(databricks.store.user('bob.married@contoso.com')).toBeUndefined();
  await isPlanOnly(false);
  await world.eventually(
    'he has a new one',
    () => databricks.store.user('bob.married@contoso.com')?.active === true,
  );

  // Another of her values cannot be mapped.
  directory.store.update(eve.id, { userPrincipalName: 'eve.married@contoso.com', department: 'lists' });
  directory.store.addUser(user('newcomer to eve', { userPrincipalName: 'eve@contoso.com' }));
  await world.eventually('the account of eve is off', () => isOff('eve'), 180_000);
  await world.eventually('it is said', async () => (await world.deadLetters()).length > 0);
  expect((await world.deadLetters()).map(({ deadLetterReason }) => deadLetterReason)).toEqual([
    'MappingValueIsList',
  ]);
  directory.store.update(eve.id, { department: 'Sales' });
  await world.eventually(
    'she has a new one',
    () => databricks.store.user('eve.married@contoso.com')?.active === true,
  );

  databricks.faults.push({ method: 'POST', path: /^\/Users/, status: 400, times: 1_000 });
  directory.store.update(ada.id, { userPrincipalName: 'ada.married@contoso.com' });
  directory.store.addUser(user('newcomer', { userPrincipalName: 'ada@contoso.com' }));
  await world.eventually('the old account is off', () => isOff('ada'), 180_000);
  expect(databricks.store.user('ada.married@contoso.com')).toBeUndefined();
}, 120_000);

test('a replaced account is switched off, though a replica does not know it, or its owner is deleted meanwhile', async () => {
  const [bob, eve, dan] = [user('bob'), user('eve'), user('dan')];
  const team = group('team', [bob.id, eve.id, dan.id]);
  await using world = await createWorld({
    seed: tenant({ users: [bob, eve, dan], groups: [team], assigned: [team.id] }),
    limits: 'off',
    config: { lifecycle: { userNameChange: 'replace', users: { softDeleted: { action: 'delete' } } } },
  });
  const { directory, databricks } = world.cloud;
  const { faults, store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  await world.idle(95_000);
  const [bobId, eveId, danId] = [scimIdOf(world, 'bob'), scimIdOf(world, 'eve'), scimIdOf(world, 'dan')];
  const refused = (id: string, status: number, times: number, method = 'PATCH') => ({
    method,
    path: new RegExp(`^/Users/${id}$`),
    status,
    times,
  });

  // Eve's was written a moment ago, so that 404 says nothing, also to a read; Dan's long ago, and a read contradicts it.
  directory.store.update(eve.id, { displayName: 'Eve Online' });
  await world.eventually('it is written', () => store.find(eveId)?.displayName === 'Eve Online');
  faults.push(refused(eveId, 404, 1), refused(eveId, 404, 1, 'GET'), refused(danId, 404, 1));
  for (const { id } of [eve, dan]) directory.store.update(id, { userPrincipalName: `${id}@contoso.com` });
  await world.eventually('both new accounts are on', () =>
    [eve, dan].every(({ id }) => store.user(`${id}@contoso.com`)?.active === true),
  );
  await world.drained({ laterLooks: true });
  expect([eveId, danId].map(id => store.find(id)?.active)).toEqual([false, false]);

  // Bob's cannot be switched off for now, and he is deleted before it can.
  faults.push(refused(bobId, 503, 1_000));
  directory.store.update(bob.id, { userPrincipalName: 'robert@contoso.com' });
  await world.eventually('the new account is on', () => store.user('robert@contoso.com')?.active === true);
  directory.store.delete(bob.id);
  await world.eventually('it is off', () => store.user('robert@contoso.com')?.active !== true);
  faults.splice(0);
  await world.eventually('the old one is off as well', () => store.find(bobId)?.active === false, 900_000);
  await world.eventually('the new one is gone', () => store.user('robert@contoso.com') === undefined);
  expect(await world.deadLetters()).toEqual([]);
}, 120_000);
