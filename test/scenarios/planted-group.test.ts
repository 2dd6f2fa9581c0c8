import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

test('a group of the expected name that somebody planted in the target is neither adopted nor touched', async () => {
  const ada = user('ada');
  const [engineers, analysts] = [group('engineers', [ada.id]), group('analysts', [ada.id])];
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [engineers, analysts], assigned: [engineers.id] }),
    limits: 'off',
    prepare: ({ cloud }) => plant(cloud, 'Engineers'),
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;

  // The first audit finds it: nothing at all is written before a person has seen the plan.
  await world.fire('reconcile');
  await world.until(
    'the target is indexed',
    async () => (await world.state.targets.read(world.target)).indexed,
  );
  await world.pass(20_000);
  expect((await world.state.targets.read(world.target)).planOnly).toBe(true);
  expect(writes(world)).toEqual([]);
  const planted = store.group('engineers')?.id ?? '';
  const held = { hold: `proposed-adoption group:${engineers.id}`, ids: [planted] };
  expect(await openHolds(world)).toEqual([held]);

  // Approving the plan approves no adoption.
  await world.state.targets.update(world.target, state => ({ ...state, planOnly: false }));
  await world.fire('reconcile');
  await world.drained({ laterLooks: true });
  expect(store.users.map(({ userName }) => userName).sort()).toEqual([
    'ada@contoso.com',
    'mallory@contoso.com',
  ]);

  // A live change meets another one, through a 409.
  const live = writesFromNow(world);
  plant(world.cloud, 'Analysts');
  directory.store.assign({
    principalId: analysts.id,
    resourceId: world.settings.ENTRA_APPLICATION_OBJECT_ID ?? '',
  });
  directory.store.update(engineers.id, { visibility: 'Private' });
  // Names are found with regard to case: for 90 seconds it may be a replica that lags, and the try after that is due when
  // chance has it, up to five minutes later.
  await world.eventually(
    'the second one is held',
    async () => (await openHolds(world)).length === 2,
    600_000,
  );
  await world.drained({ laterLooks: true });
  expect(live.records().filter(({ status }) => status < 400)).toEqual([]);
  expect(await openHolds(world)).toContainEqual(held);
  for (const name of ['engineers', 'analysts']) {
    expect(store.group(name)?.externalId).toBeUndefined();
    expect(memberNames(world, name)).toEqual(['mallory@contoso.com']);
  }
  expect(store.groups).toHaveLength(2);

  // Once a person has approved it, it is taken over, and the member that Entra does not have is kept.
  const [hold] = (await world.state.holds.list(world.target)).filter(
    ({ value }) => value.principal.id === engineers.id,
  );
  await world.state.holds.approve(world.target, hold?.key ?? '', { at: Date.now(), by: 'ada', needed: 1 });
  // Of a property that the poll hears of as well.
  directory.store.update(engineers.id, { visibility: 'Public' });
  await world.eventually('it is adopted', () => store.group('engineers')?.externalId === engineers.id);
  await world.drained();
  expect(memberNames(world, 'engineers')).toEqual(['ada@contoso.com', 'mallory@contoso.com']);
  await expectConverged(world);
});

test('nor is one of the name of a nested group: it is neither filled nor put into the group above', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const child = group('prod readers', [bob.id]);
  const outer = group('outer', [ada.id, child.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [child, outer], assigned: [outer.id] }),
    limits: 'off',
    config: { scope: { nestedGroups: 'mirror' }, lifecycle: { groupNameConflict: 'suffix' } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  plant(world.cloud, 'Prod Readers');
  const planted = store.group('prod readers');
  await world.fire('reconcile');
  await world.until(
    'the target is indexed',
    async () => (await world.state.targets.read(world.target)).indexed,
  );
  await world.state.targets.update(world.target, state => ({ ...state, planOnly: false }));
  await world.fire('reconcile');
  await world.eventually('ada is in', () => memberNames(world, 'outer')?.length === 1);
  await world.drained({ laterLooks: true });
  const held = [{ hold: `proposed-adoption group:${child.id}`, ids: [planted?.id] }];
  expect(await openHolds(world)).toEqual(held);
  expect(store.find(planted?.id ?? '')).toEqual(planted);

  // Nor when it leaves its place, which ends its scope: what is not ours loses nothing.
  directory.store.removeMember(outer.id, child.id);
  await world.eventually('bob is off', () => store.user('bob@contoso.com')?.active === false, 600_000);
  await expectConverged(world);
  expect(store.find(planted?.id ?? '')).toEqual(planted);
  expect(memberNames(world, 'outer')).toEqual(['ada@contoso.com']);
  expect(await openHolds(world)).toEqual([]);
});

function plant({ databricks: { store } }: World['cloud'], displayName: string): void {
  const mallory =
    store.user('mallory@contoso.com') ?? store.add({ type: 'Users', userName: 'mallory@contoso.com' });
  store.add({ type: 'Groups', displayName, members: [mallory.id], roles: ['marketplace.reader'] });
}
