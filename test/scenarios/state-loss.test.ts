import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, test, vi } from 'vitest';
import { expectConverged, openHolds, takingAway, writesFromNow } from '../harness/converge.ts';
import { memberNames } from '../harness/observe.ts';
import { startOps } from '../harness/ops-process.ts';
import { APPLICATION, group, tenant, user, users } from '../harness/tenant.ts';
import { APPLY, createWorld, FEEDS, type World } from '../harness/world.ts';

test('who starts without any state finds his own again by their external ids, makes nothing twice and takes nothing away', async () => {
  const [ada, leaver, erased, joiner] = [user('ada'), user('leaver'), user('erased'), user('joiner')];
  const dismissed = user('dismissed');
  const crowd = users(3, 'member');
  const inner = group('inner', [leaver.id, ...crowd.map(({ id }) => id)]);
  const team = group('team', [ada.id, erased.id, dismissed.id, inner.id]);
  const app = { id: randomUUID(), appId: randomUUID(), displayName: 'app' };
  await using world = await createWorld({
    seed: tenant({
      users: [ada, leaver, erased, dismissed, joiner, ...crowd],
      groups: [inner, team],
      servicePrincipals: [app],
      assigned: [team.id, inner.id, app.id],
    }),
    limits: 'off',
    prepare: ({ cloud: { databricks } }) => {
      const local = databricks.store.add({ type: 'Users', userName: 'local@contoso.com' });
      databricks.store.add({ type: 'Groups', displayName: 'theirs', members: [local.id] });
    },
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const links = await linksOf(world);
  const members = memberNames(world, 'team');

  await loseState(world);
  directory.store.delete(leaver.id);
  directory.store.delete(erased.id);
  directory.store.purge(erased.id);
  directory.store.update(dismissed.id, { accountEnabled: false });
  directory.store.addMember(team.id, joiner.id);
  const since = writesFromNow(world);
  await startAgain(world);
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  expect(await linksOf(world)).toEqual({
    ...without(links, leaver, erased, dismissed),
    [`user:${joiner.id}`]: store.user('joiner@contoso.com')?.id,
  });
  expect(takingAway(since.records())).toEqual([]);
  expect(since.records().filter(({ method }) => method === 'POST')).toHaveLength(1);
  expect(store.users).toHaveLength(9);
  expect(memberNames(world, 'team')).toEqual([...(members ?? []), 'joiner@contoso.com'].sort());
  expect((await openHolds(world)).map(({ hold }) => hold).sort()).toEqual(
    [leaver, erased, dismissed].map(({ id }) => `unknown-in-source user:${id}`).sort(),
  );
  for (const alias of ['leaver', 'erased', 'dismissed'])
    expect(store.user(`${alias}@contoso.com`)?.active).toBe(true);
  // A look at one of them knows no better than the audit.
  directory.store.update(dismissed.id, { displayName: 'dismissed on Monday' });
  await world.drained({ laterLooks: true });
  expect(await openHolds(world)).toHaveLength(3);
  await expectConverged(world);

  // Who is switched off by hand is nobody's to decide about any more; everybody else is live again.
  for (const alias of ['leaver', 'erased', 'dismissed'])
    store.change('Users', store.user(`${alias}@contoso.com`)?.id ?? '', { active: false });
  directory.store.update(ada.id, { accountEnabled: false });
  await world.until('ada is off', () => store.user('ada@contoso.com')?.active === false, 20_000);
  await expectConverged(world);
  expect(await openHolds(world)).toEqual([]);
});

test('a name that would have to be taken over keeps a target that lost its state in plan-only, revocations excepted', async () => {
  const [ada, bob, joiner] = [user('ada'), user('bob'), user('joiner')];
  const team = group('team', [ada.id, bob.id]);
  const late = group('late', [ada.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob, joiner], groups: [team, late], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  const { store } = databricks;
  await world.initialCycle();
  await world.drained({ laterLooks: true });

  await loseState(world);
  store.add({ type: 'Groups', displayName: 'late' });
  directory.store.assign({ principalId: late.id, resourceId: APPLICATION });
  directory.store.addMember(team.id, joiner.id);
  const since = writesFromNow(world);
  await startAgain(world);
  await world.fire('reconcile');
  await world.until('the target is indexed', async () => (await targetOf(world)).indexed);
  expect((await targetOf(world)).planOnly).toBe(true);
  directory.store.update(bob.id, { accountEnabled: false });
  await world.until('bob is off', () => store.user('bob@contoso.com')?.active === false);
  await world.idle(120_000);
  expect(store.user('joiner@contoso.com')).toBeUndefined();
  expect(takingAway(since.records()).map(({ path }) => path)).toEqual([
    `/Users/${store.user('bob@contoso.com')?.id}`,
  ]);
  expect(since.records().filter(({ method }) => method === 'POST')).toEqual([]);

  const approval = startOps(['plan', 'approve'], world.settings);
  expect(await approval.ended, approval.output()).toBe(0);
  await world.eventually('the joiner is in', () =>
    Boolean(memberNames(world, 'team')?.includes('joiner@contoso.com')),
  );
  expect((await openHolds(world)).map(({ hold }) => hold)).toEqual([`proposed-adoption group:${late.id}`]);
  await expectConverged(world);
});

test('nothing is concluded from tables that vanish under running workers', async () => {
  const [ada, bob] = [user('ada'), user('bob')];
  const team = group('team', [ada.id, bob.id]);
  await using world = await createWorld({
    seed: tenant({ users: [ada, bob], groups: [team], assigned: [team.id] }),
    limits: 'off',
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const since = writesFromNow(world);
  await deleteState(world);
  directory.store.removeMember(team.id, bob.id);
  directory.store.update(ada.id, { displayName: 'Ada' });
  // The timers tick four times; what a test sees of the queue and backlog is of no use meanwhile.
  for (let minute = 0; minute < 4; minute += 1) {
    world.clock.advance(60_000);
    await setTimeout(1_500);
  }
  expect(since.paths()).toEqual([]);
  expect(world.cloud.broker.counts('identity-changes').deadLettered).toBe(0);

  await Promise.all(world.workers.map(worker => worker.kill()));
  await startAgain(world);
  await world.initialCycle();
  await world.eventually(
    'what happened meanwhile is applied',
    () => databricks.store.user('ada@contoso.com')?.displayName === 'Ada',
  );
  await expectConverged(world);
  expect(takingAway(since.records())).toEqual([]);
  expect(memberNames(world, 'team')).toEqual(['ada@contoso.com', 'bob@contoso.com']);
});

/** As a lost storage account: no worker runs, and what it kept is gone. */
async function loseState(world: World): Promise<void> {
  await Promise.all(world.workers.map(worker => worker.kill()));
  await deleteState(world);
}

async function deleteState({ settings }: World): Promise<void> {
  const connection = settings.AzureWebJobsStorage ?? '';
  const tables = TableServiceClient.fromConnectionString(connection, { allowInsecureConnection: true });
  const blobs = BlobServiceClient.fromConnectionString(connection);
  for await (const { name } of tables.listTables()) await tables.deleteTable(name ?? '');
  for await (const { name } of blobs.listContainers()) await blobs.deleteContainer(name);
}

/** With the same settings and an empty account. Nobody but the app makes its tables. */
async function startAgain(world: World): Promise<void> {
  await world.start([...FEEDS, ...APPLY]);
  await vi.waitFor(() => targetOf(world), { timeout: 10_000 });
}

function targetOf({ state, target }: World) {
  return state.targets.read(target);
}

/** SCIM id by principal. */
async function linksOf({ state, target }: World): Promise<Record<string, string | undefined>> {
  const links: Record<string, string | undefined> = {};
  for await (const { value } of state.links.list(target))
    links[`${value.principal.kind}:${value.principal.id}`] = value.scimId;
  return links;
}

function without(links: Record<string, string | undefined>, ...people: readonly { id: string }[]) {
  const left = new Set(people.map(({ id }) => `user:${id}`));
  return Object.fromEntries(Object.entries(links).filter(([key]) => !left.has(key)));
}
