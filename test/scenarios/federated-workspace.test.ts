import { expect, test } from 'vitest';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const ADVICE =
  'provision the account as a target of kind "account", and list this workspace under "workspaces"';

test('a workspace with identity federation is no target: it is left alone, and the reason says what to configure', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const crew = group('crew', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [crew], assigned: [crew.id] }),
    limits: 'off',
    prepare: async ({ cloud: { databricks } }) => {
      await databricks.addWorkspace({ name: 'legacy', limits: 'off' });
      const modern = await databricks.addWorkspace({ name: 'modern', federated: true, limits: 'off' });
      const { id } = databricks.store.add({ type: 'Groups', displayName: 'made elsewhere' });
      modern.assignments.set(id, 'USER');
    },
    config: ({ databricks: { accountId, workspaces } }) => ({
      targets: [
        { accountId },
        ...[...workspaces.values()].map(({ id, url }) => ({
          kind: 'workspace',
          workspaceUrl: url,
          workspaceId: id,
        })),
      ],
    }),
  });
  const { directory, databricks } = world.cloud;
  const [legacy, modern] = [...databricks.workspaces.values()] as [LocalWorkspace, LocalWorkspace];
  const quarantineOf = async ({ id }: LocalWorkspace) =>
    (await world.state.targets.read(`workspace-${id}`)).quarantine?.reason;

  // One that shows a group of the account is found out by the first audit.
  await world.fire('reconcile');
  await world.until('it is quarantined', async () => (await quarantineOf(modern)) !== undefined);
  expect(await quarantineOf(modern)).toContain(ADVICE);
  for (const realm of [databricks, legacy])
    await world.until('ada is in', () => memberNames(world, 'crew', realm)?.join() === 'ada@contoso.com');

  // One that got federation later refuses the next membership.
  expect(await quarantineOf(legacy)).toBeUndefined();
  legacy.federated = true;
  directory.store.addMember(crew.id, bob.id);
  await world.until('it is quarantined', async () => (await quarantineOf(legacy)) !== undefined);
  expect(await quarantineOf(legacy)).toContain(ADVICE);
  await world.until('bob is in the account', () => memberNames(world, 'crew')?.length === 2);

  // Asking it again every few minutes would tell nobody anything new.
  const refused = () => writes(world, legacy).filter(({ status }) => status === 400).length;
  const before = refused();
  for (let minute = 0; minute < 20; minute += 1) {
    world.clock.advance(60_000);
    await world.pass(1_000);
  }
  expect(refused()).toBe(before);
  expect(writes(world, modern)).toEqual([]);
  expect(await world.deadLetters()).toEqual([]);
});
