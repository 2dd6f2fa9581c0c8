import { expect, test } from 'vitest';
import { march } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS } from '../harness/world.ts';

const LEASE_MS = 31_000;

test('an account whose create arrives after its owner died, and after the dismissal, is found and switched off', async () => {
  const ada = user('ada', { accountEnabled: false });
  const bob = user('bob');
  await using world = await createWorld({
    workers: [FEEDS, APPLY],
    seed: tenant({ users: [ada, bob], assigned: [ada.id, bob.id] }),
    limits: 'off',
  });
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  expect(store.users).toHaveLength(1);

  // The first try is refused for more than a minute; the owner dies in the second one, which is long on its way.
  databricks.faults = [
    { method: 'POST', path: /^\/Users/, status: 503, headers: { 'retry-after': '70' }, times: 1 },
  ];
  const searches = (): unknown[] =>
    databricks.log.filter(({ path, status }) => path.includes('userName eq') && status === 200);
  const owner = world.workers.find(({ functions }) => functions.includes('apply-change'));
  const underWay = Promise.withResolvers<void>();
  let [tries, dead] = [0, false];
  databricks.gate = async ({ method }) => {
    if (method !== 'POST' || tries > 0) return;
    tries += 1;
    await owner?.kill();
    dead = true;
    await underWay.promise;
  };
  directory.store.update(ada.id, { accountEnabled: true });
  await march(world, 'the first try is refused', () => databricks.faults.length === 0);
  world.clock.advance(60_000);
  await march(world, 'the owner dies while it creates her', () => dead);
  directory.store.update(ada.id, { accountEnabled: false });
  world.clock.advance(LEASE_MS);
  const looksBefore = searches().length;
  await world.start(APPLY);
  await march(
    world,
    'the next owner has looked for her, and found nobody',
    () => searches().length > looksBefore,
  );

  underWay.resolve();
  await world.until('the account is there', () => store.user('ada@contoso.com') !== undefined);
  await world.eventually(
    'it is switched off',
    () => store.user('ada@contoso.com')?.active === false,
    180_000,
  );
  await world.drained({ laterLooks: true });
  expect(store.user('ada@contoso.com')?.active).toBe(false);
  expect(store.users).toHaveLength(2);
  expect(await world.deadLetters()).toEqual([]);
});
