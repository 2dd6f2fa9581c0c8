import { expect, test } from 'vitest';
import type { LocalWorkspace } from '../../src/local/databricks/workspace.ts';
import { expectConverged, takingAway } from '../harness/converge.ts';
import { memberNames, scimIdOf, writes } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const TOKEN = 'dapi0123456789abcdef';

test('who a workspace says we are is never switched off: not when disabled, not when unassigned, not when deleted', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  let workspace: LocalWorkspace | undefined;
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
    settings: { WORKSPACE_TOKEN: TOKEN },
    prepare: async ({ cloud }) => {
      workspace = await cloud.databricks.addWorkspace({ name: 'legacy' });
      workspace.tokens.push(TOKEN);
    },
    config: () => ({
      targets: [
        {
          kind: 'workspace',
          workspaceUrl: workspace?.url,
          workspaceId: workspace?.id,
          signIn: { method: 'token', setting: 'WORKSPACE_TOKEN' },
        },
      ],
    }),
  });
  if (workspace === undefined) throw new Error('no workspace');
  const { directory } = world.cloud;
  const { store } = workspace;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  // The personal access token is Ada's own.
  workspace.callers.set(TOKEN, { id: scimIdOf(world, 'ada', workspace) });

  const before = writes(world, workspace).length;
  for (const { id } of [ada, bob]) directory.store.update(id, { accountEnabled: false });
  await world.eventually('the other one is off', () => store.user('bob@contoso.com')?.active === false);
  await world.drained({ laterLooks: true });
  directory.store.removeMember(team.id, ada.id);
  await world.eventually('out', () => memberNames(world, 'team', workspace)?.length === 1);
  await world.idle(130_000);
  directory.store.delete(ada.id);
  await world.idle(130_000);
  directory.store.purge(ada.id);
  await expectConverged(world);
  expect(store.user('ada@contoso.com')?.active).toBe(true);
  expect(world.logs.findLast(line => line.includes('audit-done'))).toContain('differences=0');
  // Bob's account and Ada's membership, and nothing else.
  expect(takingAway(writes(world, workspace).slice(before))).toHaveLength(2);
  // Asked once, where it mattered.
  expect(workspace.log.filter(({ path }) => path === '/Me')).toHaveLength(1);
});
