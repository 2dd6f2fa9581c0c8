import { expect, test } from 'vitest';
import { keptData } from '../harness/kept-data.ts';
import { scimIdOf, watchWrites } from '../harness/observe.ts';
import { startOps } from '../harness/ops-process.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** `npm run ops -- erase`, and what it printed. */
async function erase(
  world: World,
  ...args: readonly string[]
): Promise<{ code: number | null; text: string }> {
  const ops = startOps(['erase', ...args], world.settings);
  return { code: await ops.ended, text: ops.output() };
}

/** Where anything that is kept holds that id. */
async function placesOf(world: World, id: string): Promise<string[]> {
  const holding = (await keptData(world)).filter(({ text }) => text.includes(id));
  return [...new Set(holding.map(({ where }) => where))].sort();
}

test('who left for good is erased from all that we keep, and who may not be erased yet is refused', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
    // What the app hears of, and when, is this test's to say.
    settings: { NOTIFICATION_URL: '' },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const scimId = scimIdOf(world, 'ada');
  databricks.faults = [{ method: 'PATCH', path: /\/Users\//, status: 400, times: 1 }];
  directory.store.update(ada.id, { displayName: 'Ada L.' });
  await world.fire('poll-directory');
  await world.until('a change of hers is refused', async () => (await world.deadLetters()).length === 1);

  // In scope he would be stored again at once; out of it, but still with an account, nobody would switch that off.
  const inScope = await erase(world, ada.id, '--force');
  expect(inScope.code).not.toBe(0);
  expect(inScope.text).toContain(`user:${ada.id} is in scope of ${world.target}`);
  directory.store.removeMember(team.id, ada.id);
  const active = await erase(world, ada.id);
  expect(active.code).not.toBe(0);
  expect(active.text).toContain(`(SCIM id ${scimId}) is active`);
  expect(active.text).toContain(
    `we wrote him into a group, and nobody would take him out any more (${team.id})`,
  );
  expect((await world.state.links.get(world.target, { kind: 'user', id: ada.id }))?.value.status).toBe(
    'linked',
  );

  // She leaves, and somebody of her name comes: her id is in the newcomer's hold as well.
  await world.fire('poll-directory');
  await world.until('she is off', () => databricks.store.user('ada@contoso.com')?.active === false);
  directory.store.delete(ada.id);
  directory.store.purge(ada.id);
  await world.fire('poll-directory');
  await world.drained({ laterLooks: true });
  const namesake = user('ada');
  directory.store.addUser(namesake);
  directory.store.addMember(team.id, namesake.id);
  await world.fire('poll-directory');
  await world.until('the newcomer is held', async () =>
    world.state.holds.isHeld(world.target, { kind: 'user', id: namesake.id }, 'identity-re-use'),
  );
  await world.drained({ laterLooks: true });
  expect(await placesOf(world, ada.id)).toEqual([
    'blobs provisioning-memberships',
    'dead letters',
    'table ProvisioningCursors',
    'table ProvisioningHolds',
    'table ProvisioningLinks',
    'table ProvisioningLog',
  ]);

  const watch = watchWrites(world);
  const { code, text } = await erase(world, ada.id);
  expect(code, text).toBe(0);
  expect(text).toContain(`the account ${scimId} in ${world.target}`);
  expect(text).toContain('Entra ID does not know the user any more');
  expect(text).toMatch(/links +1$/m);
  expect(await placesOf(world, ada.id)).toEqual(['table ProvisioningLog']);

  // Nobody else lost anything by it, and nothing of it comes back. Her account is not the newcomer's: its external id says so.
  await world.fire('poll-directory');
  await world.fire('reconcile');
  await world.drained({ laterLooks: true });
  expect(await world.state.holds.kindsOf(world.target, { kind: 'user', id: namesake.id })).toEqual(
    new Set(['refused-adoption']),
  );
  expect(watch.records().filter(({ status }) => status < 400)).toEqual([]);
  expect(await placesOf(world, ada.id)).toEqual(['table ProvisioningLog']);
  const again = await erase(world, ada.id);
  expect(again.code, again.text).toBe(0);
  expect(again.text).toContain(`nothing was stored about user:${ada.id}`);
});
