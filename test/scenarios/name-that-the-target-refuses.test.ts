import { expect, test } from 'vitest';
import type { FaultRule } from '../../src/local/databricks/types.ts';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { reconfigured } from '../harness/reconfigured.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** Which names a target refuses besides those that we know of is its own affair. */
const REFUSED: FaultRule = {
  method: 'PATCH',
  sends: /"displayName"/,
  status: 400,
  times: Number.POSITIVE_INFINITY,
};

test('a name that the target does not take keeps the group under its old one, and nobody in it', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob'), user('eve')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({
      users: [ada, bob, eve],
      groups: [team],
      assigned: [team.id, ada.id, bob.id, eve.id],
    }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  databricks.faults.push({ ...REFUSED });
  directory.store.update(team.id, { displayName: 'not taken' });
  await world.eventually('it is said', async () => (await world.deadLetters()).length === 1);
  expect((await world.deadLetters()).map(({ deadLetterReason }) => deadLetterReason)).toEqual([
    'TargetRefused400',
  ]);
  directory.store.removeMember(team.id, bob.id);
  directory.store.addMember(team.id, eve.id);
  await world.eventually(
    'one is out, and the other one in',
    () => memberNames(world, 'team')?.join() === 'ada@contoso.com,eve@contoso.com',
  );
  await world.drained({ laterLooks: true });
  // The same trouble is one dead letter.
  expect(await world.deadLetters()).toHaveLength(1);

  databricks.faults.splice(0);
  const renamed = writesFromNow(world);
  directory.store.update(team.id, { displayName: 'the team' });
  await world.eventually('it has its name', () => databricks.store.group('the team') !== undefined);
  await world.drained({ laterLooks: true });
  expect(renamed.paths()).toHaveLength(1);
  expect(await world.state.targets.failures(world.target)).toEqual([]);
  await expectConverged(world);
});

test('nor does one keep anybody in a workspace', async () => {
  const ada = user('ada');
  const id = '4100000000000001';
  const config = (objectIds: readonly string[], accountId: string) => ({
    targets: [
      {
        accountId,
        accountSignIn: { method: 'entra' },
        workspaces: [
          {
            workspaceId: id,
            assignments: objectIds.map(objectId => ({ objectId, permission: 'USER' })),
          },
        ],
      },
    ],
  });
  await using world = await createWorld({
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    limits: 'off',
    prepare: async ({ cloud: { databricks } }) => {
      await databricks.addWorkspace({ id, federated: true });
    },
    config: ({ databricks: { accountId } }) => config([ada.id], accountId),
  });
  const { directory, databricks } = world.cloud;
  const assigned = () => databricks.workspaces.get(id)?.assignments.size;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(assigned()).toBe(1);

  databricks.faults.push({ ...REFUSED });
  directory.store.update(ada.id, { displayName: 'not taken' });
  await world.eventually('it is said', async () => (await world.deadLetters()).length === 1);
  await reconfigured(world, config([], databricks.accountId));
  await world.eventually('she is out of the workspace', () => assigned() === 0);
  expect(databricks.store.user('ada@contoso.com')).toMatchObject({ active: true, displayName: 'ada' });
});

test('and of a group that hides its members it is said as well', async () => {
  const ada = user('ada');
  const team = group('team', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  databricks.faults.push({ ...REFUSED });
  directory.store.update(team.id, { displayName: 'not taken', visibility: 'HiddenMembership' });
  await world.eventually('it is said', async () => (await world.deadLetters()).length === 1);
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`hidden-membership group:${team.id}`]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com']);
});
