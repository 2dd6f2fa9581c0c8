import { expect, test } from 'vitest';
import { audit, expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { sourceReleased } from '../harness/source-released.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a missing enterprise application, or an assignment list that reads as empty, takes nothing away', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const team = group('team', [bob.id, eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, eve], groups: [team], assigned: [ada.id, team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  const wrong = writesFromNow(world);
  const alerts = (name: string) => world.logs.filter(line => line.includes(`${name} `));
  const touchAll = (): void => {
    for (const { id } of [ada, bob]) directory.store.update(id, { jobTitle: `touched ${Date.now()}` });
    directory.store.update(team.id, { description: `touched ${Date.now()}` });
  };
  // Application and consent are gone, and everybody is looked at.
  directory.faults.hideServicePrincipals = true;
  touchAll();
  await world.idle(3 * 60_000);
  await world.fire('reconcile');
  await world.pass(10_000);
  expect(wrong.paths()).toEqual([]);
  expect(alerts('source-quarantined')).toEqual([expect.stringContaining('cause=ApplicationNotFound')]);
  directory.faults.hideServicePrincipals = false;
  await sourceReleased(world);

  // The application is there, and its list of assignments is empty with status 200.
  directory.faults.truncateLists = /appRoleAssignedTo/;
  touchAll();
  await world.idle(3 * 60_000);
  touchAll();
  await world.drained({ laterLooks: true });
  await audit(world);
  await world.idle(10 * 60_000);
  expect(wrong.paths()).toEqual([]);
  expect(alerts('assignments-disagree')).toEqual([expect.stringContaining('missing=2 stored=2')]);

  // Whoever is dismissed meanwhile loses his access all the same.
  directory.store.update(eve.id, { accountEnabled: false });
  await world.eventually('eve is off', () => store.user('eve@contoso.com')?.active === false);
  directory.faults.truncateLists = false;
  await expectConverged(world);
  expect(wrong.paths()).toHaveLength(1);
  expect(memberNames(world, 'team')).toEqual(['bob@contoso.com', 'eve@contoso.com']);
  expect(store.users.filter(({ active }) => active)).toHaveLength(2);
  expect(await openHolds(world)).toEqual([]);
  expect(alerts('source-quarantined')).toHaveLength(1);
  expect(alerts('assignments-disagree')).toHaveLength(1);
  expect(alerts('assignments-agree')).toHaveLength(1);
});
