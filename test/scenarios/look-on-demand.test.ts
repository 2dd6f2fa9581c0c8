import { expect, test } from 'vitest';
import { watchWrites } from '../harness/observe.ts';
import { startOps } from '../harness/ops-process.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a look that a person asks for applies what no feed told of, and all of its lines have one id', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
    settings: { NOTIFICATION_URL: '' },
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  // Nobody subscribes, and nothing polls.
  directory.store.update(ada.id, { displayName: 'Ada L.' });
  directory.store.update(bob.id, { displayName: 'Bob L.' });
  const watch = watchWrites(world);

  const ops = startOps(['look', ada.id], world.settings);
  expect(await ops.ended, ops.output()).toBe(0);
  const [, correlationId = ''] = /correlationId=(\S+);/.exec(ops.output()) ?? [];
  await world.until('she is looked at', () =>
    world.logs.some(line => line.includes('looked ') && line.includes(correlationId)),
  );
  expect(databricks.store.user('ada@contoso.com')?.displayName).toBe('Ada L.');
  expect(databricks.store.user('bob@contoso.com')?.displayName).toBe('bob');
  expect(watch.lines()).toHaveLength(1);
  const lines = world.logs.filter(line => line.includes(`correlationId=${correlationId}`));
  expect(lines.map(line => / ?(applied|looked) /.exec(line)?.[1])).toEqual(['applied', 'looked']);
  for (const line of lines) expect(line).toContain(`principal=user:${ada.id}`);
});
