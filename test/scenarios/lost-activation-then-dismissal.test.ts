import { expect, test } from 'vitest';
import { expectConverged, writesFromNow } from '../harness/converge.ts';
import { scimIdOf } from '../harness/observe.ts';
import { tenant, user } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

test('an activation whose answer or link write is lost does not outlive the dismissal that follows', async () => {
  const [ada, bob, eve] = [user('ada'), user('bob', { accountEnabled: false }), user('eve')];
  await using world = await createWorld({
    workers: [FEEDS, APPLY],
    seed: tenant({ users: [ada, bob, eve], groups: [], assigned: [ada.id, bob.id, eve.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  expect(databricks.store.user('bob@contoso.com')).toBeUndefined();

  // Re-enabled: applied, and the worker dies before it can note it.
  await disableAndWait(world, ada.id, 'ada');
  await disableAndWait(world, eve.id, 'eve');
  await world.drained({ laterLooks: true });
  await dieAfter(world, 'PATCH', `/Users/${scimIdOf(world, 'ada')}`, () =>
    directory.store.update(ada.id, { accountEnabled: true }),
  );
  expect(databricks.store.user('ada@contoso.com')?.active).toBe(true);
  directory.store.update(ada.id, { accountEnabled: false });
  await world.start(APPLY);
  await world.eventually(
    'the account is off',
    () => databricks.store.user('ada@contoso.com')?.active === false,
  );

  // Created, and the worker dies before it learns the id.
  await dieAfter(world, 'POST', '/Users', () => directory.store.update(bob.id, { accountEnabled: true }));
  expect(databricks.store.user('bob@contoso.com')?.active).toBe(true);
  directory.store.update(bob.id, { accountEnabled: false });
  await world.start(APPLY);
  await world.eventually(
    'the account is off',
    () => databricks.store.user('bob@contoso.com')?.active === false,
  );
  await world.drained({ laterLooks: true });

  // Re-enabled, and storage says that it did not take the link although it did, or did not take it at all.
  for (const action of ['fail', 'failAfter'] as const) {
    const eveId = scimIdOf(world, 'eve');
    databricks.afterApply = ({ method, path, status }) => {
      if (method !== 'PATCH' || path !== `/Users/${eveId}` || status > 299) return;
      databricks.afterApply = undefined;
      world.storage.rules.push({
        method: /PUT|PATCH|MERGE|POST/,
        path: /ProvisioningLinks|\$batch/,
        times: 1,
        action: { kind: action, status: 412, code: 'UpdateConditionNotSatisfied' },
      });
    };
    directory.store.update(eve.id, { accountEnabled: true });
    await world.eventually(
      'the account is on',
      () => databricks.store.user('eve@contoso.com')?.active === true,
    );
    directory.store.update(eve.id, { accountEnabled: false });
    await world.eventually(
      'the account is off',
      () => databricks.store.user('eve@contoso.com')?.active === false,
    );
    await world.drained({ laterLooks: true });
  }

  const after = writesFromNow(world);
  await expectConverged(world);
  expect(after.paths()).toEqual([]);
  for (const alias of ['ada', 'bob', 'eve'])
    expect(databricks.store.user(`${alias}@contoso.com`)?.active).toBe(false);
  expect(databricks.store.users).toHaveLength(3);
  expect(await world.deadLetters()).toEqual([]);
});

async function disableAndWait(world: World, id: string, alias: string): Promise<void> {
  world.cloud.directory.store.update(id, { accountEnabled: false });
  await world.eventually(
    `${alias} is off`,
    () => world.cloud.databricks.store.user(`${alias}@contoso.com`)?.active === false,
  );
}

/** Kills the worker after the target has applied its request and before it hears of that. */
async function dieAfter(world: World, method: string, path: string, change: () => void): Promise<void> {
  const worker = world.workers.find(
    ({ functions, process }) => functions.includes('apply-change') && process.signalCode === null,
  );
  const { databricks } = world.cloud;
  let dead = false;
  databricks.afterApply = async request => {
    if (request.method !== method || request.path !== path || request.status > 299) return;
    databricks.afterApply = undefined;
    await worker?.kill();
    dead = true;
  };
  change();
  await world.eventually('the worker died', () => dead);
}
