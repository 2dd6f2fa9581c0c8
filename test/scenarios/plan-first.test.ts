import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { writes } from '../harness/observe.ts';
import { startOps } from '../harness/ops-process.ts';
import { group, tenant, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

async function ops(world: World, ...args: readonly string[]): Promise<string> {
  const command = startOps(args, world.settings);
  expect(await command.ended, command.output()).toBe(0);
  return command.output();
}

test('where the file wants it, nothing is written before a person has approved the first plan, however harmless it is', async () => {
  const people = users(3);
  const [late] = users(1, 'late');
  const team = group(
    'team',
    people.map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({
      users: [...people, ...(late === undefined ? [] : [late])],
      groups: [team],
      assigned: [team.id],
    }),
    limits: 'off',
    config: ({ databricks: { accountId } }) => ({ targets: [{ accountId, planFirst: true }] }),
  });
  const { directory, databricks } = world.cloud;
  await world.fire('reconcile');
  await world.until('it is compared', async () => (await world.state.targets.read(world.target)).indexed);

  // Neither what the comparison found is written, nor what happens meanwhile, however often it is compared.
  directory.store.addMember(team.id, late?.id ?? '');
  await world.fire('poll-directory');
  await world.pass(20_000);
  await world.state.targets.update(world.target, known => ({ ...known, auditDue: 'once more' }));
  await world.fire('reconcile');
  await world.pass(20_000);
  expect(writes(world)).toEqual([]);
  expect(await ops(world, 'status')).toContain('plan-only');

  expect(await ops(world, 'plan', 'approve')).toMatch(/create +5\n[\s\S]*approved: account-/);
  await world.until('all are there', () => databricks.store.users.length === 4);
  await world.drained({ laterLooks: true });
  await expectConverged(world);

  // That was the first plan: those that follow are carried out.
  directory.store.update(team.id, { displayName: 'the team' });
  await world.eventually('a change is written', () => databricks.store.group('the team') !== undefined);
});
