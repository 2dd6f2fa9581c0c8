import { expect, test } from 'vitest';
import { limitsOf } from '../../src/databricks/limits.ts';
import { DEFAULT_LIMITS } from '../../src/local/databricks/token-bucket.ts';
import { memberNames, writes } from '../harness/observe.ts';
import { overlappingGroups, tenant, users } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

const PEOPLE = 480;
const GROUPS = 20;
const MEMBERS_OF_EACH = 100;
const BACK_WITHIN_MS = 60_000;

/** Paces are only kept as exactly as the clock moves. */
const STEP_MS = 40;

const TIMEOUT_MS = 300_000;

test(
  'limits that are lower than published, in sliding windows, in fixed ones and beside a second client: 3 % refused at most, nothing lost, and the full rate when they are lifted',
  async () => {
    const people = users(PEOPLE);
    const groups = overlappingGroups(people, GROUPS, MEMBERS_OF_EACH);
    // Those whom no group holds.
    const assigned = [...people, ...groups].map(({ id }) => id);
    await using world = await createWorld({
      seed: tenant({ users: people, groups, assigned }),
      stepMs: STEP_MS,
    });
    const { databricks } = world.cloud;
    const created = (count: number) =>
      world.until(`${count} users`, () => databricks.store.users.length >= count, 600_000);

    databricks.limits = { ...DEFAULT_LIMITS, hidden: 0.6, window: 'sliding' };
    await world.fire('reconcile');
    await created(100);
    databricks.limits = { ...DEFAULT_LIMITS, hidden: 0.6, window: 'fixed' };
    await created(200);
    databricks.limits = { ...DEFAULT_LIMITS };
    const { write, patch } = limitsOf('account');
    databricks.secondClient({ write: 0.4 * write.requests, patch: 0.4 * patch.requests });
    await created(270);
    databricks.secondClient({});
    const liftedAt = Date.now();
    await created(PEOPLE);
    const doneAt = Date.now();
    await world.drained();

    // Without limits in the way all of the rest had taken 43 s; at the reduced rate it takes over 70 s.
    const times = writes(world).flatMap(({ at, method }) => (method === 'POST' ? [at] : []));
    expect(doneAt - liftedAt).toBeLessThan(BACK_WITHIN_MS + 15_000);
    const tail = times.filter(at => at > doneAt - 8_000 && at <= doneAt);
    expect(tail.length / 8).toBeGreaterThan(0.8 * write.requests);

    expect(databricks.throttled).toBeGreaterThan(0);
    expect(databricks.throttled).toBeLessThanOrEqual(0.03 * databricks.log.length);
    expect(databricks.store.users).toHaveLength(PEOPLE);
    for (const { displayName } of groups)
      expect(memberNames(world, displayName ?? '')).toHaveLength(MEMBERS_OF_EACH);
    expect(await world.deadLetters()).toEqual([]);
    expect(await world.state.targets.failures(world.target)).toEqual([]);
  },
  TIMEOUT_MS,
);
