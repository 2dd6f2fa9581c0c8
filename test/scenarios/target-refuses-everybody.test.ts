import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a target that refuses our credentials keeps its changes as rows, is asked rarely, and gets all of them later', async () => {
  const people = users(12);
  const eve = user('eve');
  const team = group('team', [...people.map(({ id }) => id), eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [...people, eve], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  databricks.faults.push({ status: 401, times: Number.POSITIVE_INFINITY });
  for (const { id } of people) directory.store.update(id, { displayName: 'renamed' });
  directory.store.update(eve.id, { accountEnabled: false });
  await world.until('the quarantine began, and everything waits', async () => {
    const { quarantine } = await world.state.targets.read(world.target);
    const { active, locked, scheduled } = world.cloud.broker.counts('identity-changes');
    return quarantine !== undefined && active + locked + scheduled === 0;
  });
  const before = databricks.requests;
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      world.clock.advance(57_000);
      await world.pass(3_000);
    }
  };
  await minutes(6);
  // At growing intervals of half a minute, one, two and four, and nothing but the probes.
  expect(databricks.requests - before).toBeLessThanOrEqual(4);
  expect(world.logs.filter(line => line.includes('target-quarantined'))).toHaveLength(1);
  expect(await world.deadLetters()).toEqual([]);
  expect(await world.state.backlog.hasRows(world.target)).toBe(true);

  databricks.faults.length = 0;
  await minutes(5);
  expect(store.user('eve@contoso.com')?.active).toBe(false);
  await world.until('everybody has the new name', () => {
    return people.every(({ userPrincipalName }) => store.user(userPrincipalName)?.displayName === 'renamed');
  });
  expect((await world.state.targets.read(world.target)).quarantine).toBeUndefined();
  await expectConverged(world);
});
