import { expect, test } from 'vitest';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { audit, expectConverged } from '../harness/converge.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('workspaces with groups of their own: these are left alone, and one that has the name of ours is asked about', async () => {
  const ada = user('ada');
  const crew = group('crew', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [crew], assigned: [crew.id] }),
    limits: 'off',
    prepare: async ({ cloud: { databricks } }) => {
      for (const [name, planted] of [
        ['free', 'local team'],
        ['taken', 'Crew'],
      ] as const) {
        const { store } = await databricks.addWorkspace({ name, limits: 'off' });
        const { id } = store.add({ type: 'Users', userName: 'local@contoso.com' });
        store.add({
          type: 'Groups',
          displayName: planted,
          members: [id],
          entitlements: ['workspace-access'],
        });
      }
      // The account's group of that name is another one.
      databricks.store.add({ type: 'Groups', displayName: 'crew', externalId: crew.id });
    },
    config: ({ databricks: { workspaces } }) => ({
      targets: [...workspaces.values()].map(({ id, url }) => ({
        kind: 'workspace',
        workspaceUrl: url,
        workspaceId: id,
      })),
    }),
  });
  const { databricks, directory } = world.cloud;
  const [free, taken] = [...databricks.workspaces.values()] as [LocalWorkspace, LocalWorkspace];
  const stateOf = ({ id }: LocalWorkspace) => world.state.targets.read(`workspace-${id}`);
  const holdsOf = async ({ id }: LocalWorkspace) =>
    (await world.state.holds.list(`workspace-${id}`)).map(({ key, value }) => ({ key, ids: value.ids }));
  const plantedId = taken.store.group('crew')?.id ?? '';

  // Local groups do not make a workspace a federated one, and groups that nobody of ours is called by are not ours.
  await world.fire('reconcile');
  for (const workspace of [free, taken])
    await world.until('it is indexed', async () => (await stateOf(workspace)).indexed);
  await world.until('ada is in', () => memberNames(world, 'crew', free)?.length === 1);
  for (const workspace of [free, taken]) expect((await stateOf(workspace)).quarantine).toBeUndefined();
  expect(memberNames(world, 'crew', free)).toEqual(['ada@contoso.com']);
  expect(free.store.group('crew')?.externalId).toBe(crew.id);
  expect(await holdsOf(free)).toEqual([]);

  // The other one waits, with nothing written, until a person has seen the plan.
  expect((await stateOf(taken)).planOnly).toBe(true);
  expect(writes(world, taken)).toEqual([]);
  const held = { key: `group:${crew.id}|proposed-adoption`, ids: [plantedId] };
  expect(await holdsOf(taken)).toEqual([held]);
  const target = `workspace-${taken.id}`;
  await world.state.targets.update(target, state => ({ ...state, planOnly: false }));
  await audit(world);
  expect(taken.store.user('ada@contoso.com')?.active).toBe(true);
  expect(memberNames(world, 'crew', taken)).toEqual(['local@contoso.com']);
  expect(await holdsOf(taken)).toEqual([held]);

  // Approved, it is ours, under our name, with the member and the entitlement that it had.
  await world.state.holds.approve(target, held.key, { at: Date.now(), by: 'ada', needed: 1 });
  directory.store.update(crew.id, { visibility: 'Public' });
  await world.eventually('ada is in', () => memberNames(world, 'crew', taken)?.length === 2);
  expect(taken.store.get('Groups', plantedId)).toMatchObject({ displayName: 'crew', externalId: crew.id });
  expect([...(taken.store.get('Groups', plantedId)?.entitlements ?? [])]).toEqual(['workspace-access']);
  expect(memberNames(world, 'crew', taken)).toEqual(['ada@contoso.com', 'local@contoso.com']);

  await expectConverged(world);
  expect(memberNames(world, 'local team', free)).toEqual(['local@contoso.com']);
  // Nothing of the account was touched.
  expect(writes(world)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
