import { expect, test } from 'vitest';
import { expectConverged, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

test('a lost delta cursor leads to an audit: what happened meanwhile is applied, and nobody else loses anything', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const others = users(5);
  const team = group('team', [ada.id, bob.id, ...others.map(({ id }) => id)]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, ...others], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  directory.faults.notifications.drop = true;

  for (const [refusal, dismissed] of [
    [{ status: 410, code: 'syncStateNotFound' }, ada],
    [{ status: 400, code: 'SyncStateNotFound' }, bob],
  ] as const) {
    const alias = dismissed.displayName ?? '';
    await world.idle(130_000);
    const changes = writesFromNow(world);
    directory.store.update(dismissed.id, { accountEnabled: false });
    directory.faults.expireDeltaTokens(refusal);
    await world.fire('poll-directory');
    await world.until(`${alias} is off`, () => store.user(`${alias}@contoso.com`)?.active === false, 90_000);
    await world.drained({ laterLooks: true });
    expect(changes.paths()).toEqual([`PATCH /Users/${scimIdOf(world, alias)}`]);
    expect(world.logs.some(line => line.includes('cursor-lost'))).toBe(true);
  }

  // The feed goes on from there, without another audit.
  const audits = world.logs.filter(line => line.includes('audit-done')).length;
  directory.store.update(ada.id, { accountEnabled: true });
  await world.eventually('ada is on', () => store.user('ada@contoso.com')?.active === true, 90_000);
  expect(world.logs.filter(line => line.includes('audit-done'))).toHaveLength(audits);

  expect(memberNames(world, 'team')).toHaveLength(7);
  expect(store.users.filter(({ active }) => !active).map(({ userName }) => userName)).toEqual([
    'bob@contoso.com',
  ]);
  await expectConverged(world);
});
