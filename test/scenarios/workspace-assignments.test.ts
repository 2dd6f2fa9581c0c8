import { expect, test } from 'vitest';
import type { LocalCloud } from '../../src/local/cloud.ts';
import { audit, expectConverged, openHolds } from '../harness/converge.ts';
import { reconfigured } from '../harness/reconfigured.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** How long the new workspace does not know whom the account has. */
const UNSETTLED_MS = 30_000;

test('groups and users get the workspaces that the configuration names, lose those that we gave, and nobody else loses anything', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const crew = group('crew', [ada.id, bob.id]);
  const platform = group('platform', [eve.id]);
  const guild = group('guild', [ada.id]);
  const [main, other] = ['4100000000000001', '4100000000000002'];
  /** Made by somebody else, in the account and in both workspaces. */
  let stranger = '';
  const config =
    (mainList: object[], otherList: object[]) =>
    ({ accountId }: LocalCloud['databricks']) => ({
      targets: [
        {
          accountId,
          accountSignIn: { method: 'entra' },
          workspaces: [
            { workspaceId: main, assignments: mainList },
            { workspaceId: other, assignments: otherList },
          ],
        },
      ],
      adminAllowList: [platform.id, eve.id],
      lifecycle: { groups: { unassigned: { action: 'delete' } } },
    });
  const crewOnly = [{ objectId: crew.id, permission: 'USER' }];
  const first = config(
    [
      ...crewOnly,
      { objectId: platform.id, permission: 'ADMIN' },
      { objectId: ada.id, permission: 'USER' },
      { objectId: eve.id, permission: 'ADMIN' },
    ],
    [...crewOnly, { objectId: guild.id, permission: 'USER' }],
  );
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve],
      groups: [crew, platform, guild],
      assigned: [crew.id, platform.id, guild.id],
    }),
    limits: 'off',
    prepare: async ({ cloud: { databricks } }) => {
      await databricks.addWorkspace({ id: main, federated: true, unsettledForMs: UNSETTLED_MS });
      const second = await databricks.addWorkspace({ id: other, federated: true });
      for (const displayName of ['Crew', 'Guild']) second.store.add({ type: 'Groups', displayName });
      stranger = databricks.store.add({ type: 'Users', userName: 'admin@contoso.com' }).id;
      for (const { assignments } of databricks.workspaces.values()) assignments.set(stranger, 'ADMIN');
    },
    config: ({ databricks }) => first(databricks),
  });
  const { databricks, directory } = world.cloud;
  const { store } = databricks;
  const assigned = (id: string): Record<string, string> => {
    const shown = [...(databricks.workspaces.get(id)?.assignments ?? [])].map(([principal, permission]) => {
      const found = store.find(principal);
      return [found?.displayName ?? found?.userName ?? principal, permission];
    });
    return Object.fromEntries(shown);
  };
  const change = (id: string, name: string, permission: 'USER' | 'ADMIN' | undefined): void => {
    const found = store.group(name) ?? store.user(name);
    const { assignments } = databricks.workspaces.get(id) ?? {};
    if (permission === undefined) assignments?.delete(found?.id ?? '');
    else assignments?.set(found?.id ?? '', permission);
  };
  const admin = { 'admin@contoso.com': 'ADMIN' };
  const all = { ...admin, crew: 'USER', platform: 'ADMIN', ada: 'USER', eve: 'ADMIN' };

  // Right after its creation a workspace knows nobody; the other one has groups of these names itself.
  await world.initialCycle();
  const early = databricks.log.filter(({ path, status }) => path.includes(main) && status === 404);
  expect(early.length).toBeGreaterThan(0);
  await world.eventually('the new workspace has everybody', () => Object.keys(assigned(main)).length === 5);
  expect(assigned(main)).toEqual(all);
  expect(assigned(other)).toEqual(admin);
  const clashOf = async ({ id }: { id: string }) =>
    (await world.state.holds.list(world.target)).find(({ value }) => value.principal.id === id)?.value;
  const [clash, otherClash] = [await clashOf(crew), await clashOf(guild)];
  for (const found of [clash, otherClash])
    expect(found).toMatchObject({ kind: 'workspace-assignment', ids: [other] });
  expect(clash?.cause).toContain('a group of its own of the same name');

  const local = databricks.workspaces.get(other)?.store;
  local?.remove('Groups', local.group('crew')?.id ?? '');
  // Given, and the answer is lost: it is given again, and known to be ours.
  const lost = {
    method: 'PUT',
    path: new RegExp(`${other}.*/${store.group('crew')?.id}$`),
    status: 500,
    times: 1,
    applied: true,
  };
  databricks.faults.push(lost);
  await audit(world);
  await world.eventually('it was given again', async () => {
    const link = await world.state.links.get(world.target, { kind: 'group', id: crew.id });
    return link?.value.workspaces?.[other]?.ours === true;
  });
  expect(databricks.faults).toEqual([]);
  expect(assigned(other)).toEqual({ ...admin, crew: 'USER' });
  // Still held, and since when.
  expect(await clashOf(crew)).toBeUndefined();
  expect(await clashOf(guild)).toEqual(otherClash);

  await world.drained({ laterLooks: true });
  // An audit looks away from what was written a moment ago.
  world.clock.advance(125_000);

  // What somebody took away comes back; what somebody added stays, and is reported.
  change(main, 'ada@contoso.com', undefined);
  change(main, 'crew', 'ADMIN');
  await audit(world);
  expect(assigned(main)).toEqual({ ...all, crew: 'ADMIN' });
  const reported = world.logs.findLast(line => line.includes('foreign-assignments') && line.includes(main));
  expect(reported).toContain('count=2');
  expect(reported).toContain(`${stranger}=ADMIN`);

  // ADMIN is to be taken from both who have it, at the same moment, and nobody else has it any more.
  change(main, 'crew', 'USER');
  change(main, 'admin@contoso.com', undefined);
  const second = config(crewOnly, crewOnly);
  await reconfigured(world, second(databricks));
  await world.drained({ laterLooks: true });
  const last = Object.entries(assigned(main)).filter(([, permission]) => permission === 'ADMIN');
  expect(last).toHaveLength(1);
  expect(assigned(main)).toEqual({ crew: 'USER', ...Object.fromEntries(last) });
  const keeper = last[0]?.[0] === 'eve' ? `user:${eve.id}` : `group:${platform.id}`;
  expect(await openHolds(world)).toEqual([{ hold: `last-admin ${keeper}`, ids: [main] }]);

  change(main, 'admin@contoso.com', 'ADMIN');
  await audit(world);
  expect(assigned(main)).toEqual({ ...admin, crew: 'USER' });
  expect(await openHolds(world)).toEqual([]);
  await expectConverged(world);

  // Whoever decides about a deletion is told what goes with it.
  const [assignment] = directory.store.truth.assignmentsOf(crew.id);
  directory.store.unassign(assignment?.id ?? '');
  await world.eventually('the deletion is held', async () => (await openHolds(world)).length > 0);
  const [deletion] = await world.state.holds.list(world.target);
  expect(deletion?.value).toMatchObject({ kind: 'group-deletion', principal: { id: crew.id } });
  expect(deletion?.value.cause).toContain(`lose workspace ${main}, ${other} with it`);

  expect(await world.deadLetters()).toEqual([]);
  const bodies = databricks.log.flatMap(({ method, path, body }) =>
    method === 'PUT' && path.includes('permissionassignments') ? [body] : [],
  );
  expect(new Set(bodies.map(body => JSON.stringify(body)))).toEqual(
    new Set(['{"permissions":["USER"]}', '{"permissions":["ADMIN"]}']),
  );
});
