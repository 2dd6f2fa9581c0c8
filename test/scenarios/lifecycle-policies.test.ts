import { expect, test } from 'vitest';
import { expectConverged, openHolds, writesFromNow } from '../harness/converge.ts';
import { memberNames, scimIdOf } from '../harness/observe.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const GRACE_MINUTES = 10;
const GRACE_MS = GRACE_MINUTES * 60_000;
/** The poll's interval, and what its rows take. */
const ONE_POLL_MS = 75_000;

const scope = {
  filters: { users: [[{ attribute: 'department', operator: 'EQUALS', value: 'Engineering' }]] },
};

test('each way to leave has its own policy, a return within the grace period cancels it, and a sterner event does not wait', async () => {
  const person = (alias: string) => user(alias, { department: 'Engineering' });
  const deleted = person('deleted');
  const [kept, keptThenDeleted] = [person('kept'), person('kept-then-deleted')];
  const [returns, stays, sterner] = [person('returns'), person('stays-away'), person('sterner')];
  const breakGlass = person('break-glass');
  const everybody = [deleted, kept, keptThenDeleted, returns, stays, sterner, breakGlass];
  const team = group(
    'team',
    everybody.map(({ id }) => id),
  );
  const other = group('other', [deleted.id]);
  await using world = await createWorld({
    seed: tenant({ users: everybody, groups: [team, other], assigned: [team.id, other.id] }),
    limits: 'off',
    config: {
      scope,
      lifecycle: {
        users: {
          unassigned: { action: 'delete' },
          filteredOut: { action: 'keep' },
          disabled: { action: 'deactivate', graceMinutes: GRACE_MINUTES },
          softDeleted: { action: 'deactivate' },
          hardDeleted: { action: 'delete', graceMinutes: GRACE_MINUTES },
        },
      },
      protected: { objectIds: [breakGlass.id] },
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  const at = (alias: string) => store.user(`${alias}@contoso.com`);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  expect(store.users.every(({ active }) => active)).toBe(true);
  const firstAccount = scimIdOf(world, 'deleted');

  // Unassigned: deleted. Out by a filter: kept. Protected: never, whatever happens.
  const changes = writesFromNow(world);
  directory.store.removeMember(team.id, deleted.id);
  directory.store.removeMember(other.id, deleted.id);
  directory.store.removeMember(team.id, breakGlass.id);
  for (const { id } of [kept, keptThenDeleted]) directory.store.update(id, { department: 'Sales' });
  directory.store.update(breakGlass.id, { accountEnabled: false });
  await world.eventually('the unassigned one is deleted', () => at('deleted') === undefined);
  await world.drained({ laterLooks: true });
  expect(changes.paths().filter(path => path.startsWith('DELETE'))).toEqual([
    `DELETE /Users/${firstAccount}`,
  ]);
  for (const alias of ['kept', 'kept-then-deleted', 'break-glass']) expect(at(alias)?.active).toBe(true);
  expect(memberNames(world, 'team')).toContain('kept@contoso.com');

  // Three are disabled: nothing happens for ten minutes.
  const disabledAt = Date.now();
  for (const { id } of [returns, stays, sterner]) directory.store.update(id, { accountEnabled: false });
  await world.drained({ laterLooks: true });
  await world.idle(GRACE_MS / 2);
  for (const alias of ['returns', 'stays-away', 'sterner']) expect(at(alias)?.active).toBe(true);
  directory.store.update(returns.id, { accountEnabled: true });
  // Being deleted is not waited for, and does not matter less for having been filtered out before.
  directory.store.delete(sterner.id);
  directory.store.delete(keptThenDeleted.id);
  await world.until(
    'the sterner event acts at once',
    () => at('sterner')?.active === false && at('kept-then-deleted')?.active === false,
    ONE_POLL_MS,
  );
  expect(at('stays-away')?.active).toBe(true);
  await world.eventually('the grace period ends', () => at('stays-away')?.active === false, GRACE_MS);
  const waited = Date.now() - disabledAt;
  expect(waited).toBeGreaterThanOrEqual(GRACE_MS);
  expect(waited).toBeLessThan(GRACE_MS + ONE_POLL_MS);
  await world.idle(GRACE_MS / 2);
  expect(at('returns')?.active).toBe(true);
  expect(at('kept')?.active).toBe(true);

  // Gone for good, with a grace period of its own that began when he left.
  directory.store.purge(sterner.id);
  await world.eventually('deleted in the target as well', () => at('sterner') === undefined, 2 * GRACE_MS);
  expect(at('kept-then-deleted')?.active).toBe(false);

  // Back after a deletion: another account, and the memberships.
  directory.store.addMember(team.id, deleted.id);
  directory.store.addMember(other.id, deleted.id);
  await world.eventually('created anew', () => at('deleted')?.active === true);
  await world.eventually('in both groups', () =>
    ['team', 'other'].every(name => memberNames(world, name)?.includes('deleted@contoso.com') === true),
  );
  expect(scimIdOf(world, 'deleted')).not.toBe(firstAccount);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
  expect(at('break-glass')?.active).toBe(true);
  expect(await world.deadLetters()).toEqual([]);
}, 180_000);
