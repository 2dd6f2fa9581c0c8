import { expect, test } from 'vitest';
import { limitsOf } from '../../src/databricks/limits.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { overlappingGroups, tenant, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

const PEOPLE = 300;
const GROUPS = 30;
const MEMBERS_OF_EACH = 100;

/** A clock that jumps no further than paces forgive: about as fast as this much work is done anyway. */
const STEP_MS = 20;

/** A machine that stands still for a moment does not count against the pace: the middle of that many requests does. */
const AT_A_TIME = 10;

const TIMEOUT_MS = 240_000;

test(
  '300 users, 30 groups and 3,000 memberships at the published limits: nothing is refused, nothing is wasted',
  async () => {
    const people = users(PEOPLE);
    const groups = overlappingGroups(people, GROUPS, MEMBERS_OF_EACH);
    await using world = await createWorld({
      seed: tenant({ users: people, groups, assigned: groups.map(({ id }) => id) }),
      stepMs: STEP_MS,
    });
    await world.initialCycle();

    const { databricks } = world.cloud;
    expect(databricks.throttled).toBe(0);
    expect(databricks.store.users).toHaveLength(PEOPLE);
    for (const { displayName } of groups)
      expect(memberNames(world, displayName ?? '')).toHaveLength(MEMBERS_OF_EACH);
    // While people are created that is all there is to do; the last groups wait for PATCH, not for POST.
    const { write, patch } = limitsOf('account');
    expect(pace(world, 'POST', '/Users')).toBeGreaterThanOrEqual(0.95 * write.requests);
    expect(pace(world, 'PATCH', '/Groups')).toBeGreaterThanOrEqual(0.95 * patch.requests);
    const fewest = PEOPLE + GROUPS + GROUPS;
    expect(writes(world).length).toBeLessThanOrEqual(1.05 * fewest);
    // The audit's lists of an empty target, one page of each kind. Nothing that was created is read back.
    expect(databricks.log.filter(({ method }) => method === 'GET')).toHaveLength(3);
    expect(await world.deadLetters()).toEqual([]);
  },
  TIMEOUT_MS,
);

/** Requests a second, in the middle of all stretches of some requests in a row. */
function pace(world: World, method: string, path: string): number {
  const at = writes(world)
    .filter(request => request.method === method && request.path.startsWith(path))
    .map(request => request.at);
  const rates = at
    .slice(AT_A_TIME)
    .map((end, index) => (AT_A_TIME * 1_000) / (end - (at[index] ?? 0)))
    .sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)] ?? 0;
}
