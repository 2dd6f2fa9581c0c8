import { setTimeout as realSleep } from 'node:timers/promises';

import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const HOUR_MS = 3_600_000;

/**
 * `few`: fewer requests than say anything about the target, so that each change is tried again by itself. `many`: enough
 * for the target to be left alone.
 */
test.each([
  ['few changes, each tried again by itself', 200, 0],
  ['many changes, which have it left alone', 20, 30],
])('a target that is down for a day loses nothing: %s', async (_, failureMinimum, more) => {
  const people = users(6 + more);
  const ids = people.map(({ id }) => id);
  const [eve, late] = [user('eve'), user('late')];
  const team = group('team', [...ids, eve.id]);
  await using world = await createWorld({
    seed: tenant({ users: [...people, eve, late], groups: [team], assigned: [team.id] }),
    limits: 'off',
    // So that all that is due in a leap has its turn before the next one.
    settings: { DATABRICKS_PATCH_PER_SECOND: '100', DATABRICKS_WRITE_PER_SECOND: '100' },
    config: { quarantine: { failureMinimum } },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  databricks.faults.push({ status: 503, times: Number.POSITIVE_INFINITY });
  for (const { id } of people) directory.store.update(id, { displayName: 'renamed' });
  directory.store.update(eve.id, { accountEnabled: false });
  directory.store.addMember(team.id, late.id);
  directory.store.removeMember(team.id, ids[0] ?? '');
  await world.pass(20_000);

  // In leaps: whatever became due within one is tried at its end. No lock of a message survives a leap, so that looks are
  // let finish before it, whose quick tries are apart by real time.
  const leap = async () => {
    await world.pass(2_000);
    await realSleep(1_000);
    world.clock.advance(2 * HOUR_MS);
  };
  for (const end = Date.now() + 24 * HOUR_MS; Date.now() < end; ) await leap();
  const { quarantine } = await world.state.targets.read(world.target);
  expect(quarantine !== undefined).toBe(more > 0);
  expect(world.logs.filter(line => /target-quarantined\b(?!-)/.test(line))).toHaveLength(more > 0 ? 1 : 0);
  expect(await world.deadLetters()).toEqual([]);

  databricks.faults.length = 0;
  const hasCaughtUp = () =>
    people
      .slice(1)
      .every(({ userPrincipalName }) => store.user(userPrincipalName)?.displayName === 'renamed') &&
    store.user('eve@contoso.com')?.active === false &&
    store.user('late@contoso.com')?.active === true &&
    memberNames(world, 'team')?.includes('late@contoso.com') === true;
  // Past the longest wait between two tries (four hours, docs/operations.md): chance may keep for the end a try that
  // `hasCaughtUp` knows nothing of.
  for (let leaps = 0; leaps < 3; leaps += 1) await leap();
  await world.until('everything has caught up', hasCaughtUp);
  await expectConverged(world);
  expect(await world.deadLetters()).toEqual([]);
});
