import { setTimeout as realSleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { expectConverged } from '../harness/converge.ts';
import { tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';

/** Of real time: how fast the machine goes round in circles is no matter of the test's clock. */
const AWAY_MS = 5_000;
/** At once, and after one, two and four seconds. */
const MOST_TRIES = 4;

test('a row of which nothing can be put on the queue is not looked at again and again until it can', async () => {
  const ada = user('ada');
  await using world = await createWorld({
    seed: tenant({ users: [ada], assigned: [ada.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { broker, databricks, directory } = world.cloud;

  directory.faults.notifications = { drop: true };
  directory.store.update(ada.id, { accountEnabled: false });
  const at = Date.now();
  await world.state.backlog.put(
    {
      target: world.target,
      principal: { kind: 'user', id: ada.id },
      cause: 'poll',
      notBefore: at,
      heardAt: at,
      correlationId: 'away',
    },
    'revoke',
  );
  // Gone as soon as the row is taken up, and before its later look is sent.
  databricks.gate = async ({ method }) => {
    if (method === 'PATCH') await broker.setUnreachable(true);
  };
  await world.fire('poll-directory');
  await world.until(
    'the account is off',
    () => databricks.store.user(ada.userPrincipalName)?.active === false,
  );
  await realSleep(AWAY_MS);
  const kept = world.logs.filter(line => line.includes('backlog-row-kept ')).length;
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(MOST_TRIES);

  databricks.gate = undefined;
  await broker.setUnreachable(false);
  await world.drained({ laterLooks: true });
  await expectConverged(world);
});
