import { expect } from 'vitest';
import { obligationSubject } from '../../src/messaging/message.ts';
import { writes } from '../harness/observe.ts';
import { provisioned } from '../harness/provisioned.ts';
import { group, tenant, user, users } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';

/** What one irrelevant change may cost: its look and what the poll finds out about it. */
const MOST_TABLE_REQUESTS = 8;

/**
 * A large tenant of which few are in scope, while notifications of changes to the others come in: what each of them
 * costs is bounded, none is looked at a third time, and who is in scope does not wait behind them.
 */
export async function expectIrrelevantChangesToCostLittle(o: {
  /** Users of the tenant, and how many of them are in scope. */
  tenant: number;
  inScope: number;
  perSecond: number;
  seconds: number;
}): Promise<void> {
  const crowd = users(o.inScope, 'crowd');
  const others = users(o.tenant - o.inScope, 'other');
  const eve = user('eve');
  const everyone = group('everyone', [...crowd.map(({ id }) => id), eve.id]);
  const elsewhere = group('elsewhere', [others[0]?.id ?? '']);
  await using world = await createWorld({
    seed: tenant({
      users: [...crowd, eve, ...others],
      groups: [everyone, elsewhere],
      assigned: [everyone.id],
    }),
    limits: 'off',
    prepare: made => provisioned(made, everyone, [...crowd, eve]),
  });
  const { directory, databricks } = world.cloud;
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  const changed = others.slice(0, o.perSecond * o.seconds - 1).map(({ id }) => id);
  const before = {
    written: writes(world).length,
    storage: world.storage.requests,
    graph: directory.requests,
  };
  const cost = watchCost(world, [
    ...changed.map(id => ['user', id] as const),
    ['group', elsewhere.id] as const,
  ]);

  directory.store.update(elsewhere.id, { description: 'changed' });
  for (let second = 0; second < o.seconds; second += 1) {
    for (const id of changed.slice(second * o.perSecond, (second + 1) * o.perSecond))
      directory.store.update(id, { displayName: 'changed' });
    await world.pass(1_000);
  }
  const dismissed = Date.now();
  directory.store.update(eve.id, { accountEnabled: false });
  await world.until('the dismissed is off', () => databricks.store.user('eve@contoso.com')?.active === false);
  expect(Date.now() - dismissed).toBeLessThan(65_000);
  await world.drained({ laterLooks: true });
  // Polls that find all of it in the deltas, and the time in which later looks would come.
  await world.idle(5 * 60_000);
  await world.drained({ laterLooks: true });

  const looks = cost.looks();
  expect(looks.size).toBe(changed.length + 1);
  expect(Math.max(...looks.values())).toBeLessThanOrEqual(2);
  expect(cost.graphRequests()).toBe(0);
  expect(cost.tableRequests() / looks.size).toBeLessThanOrEqual(MOST_TABLE_REQUESTS);
  // Nor does anything that names nobody grow with them: a poll's pages, leases, heartbeats.
  const total = (world.storage.requests - before.storage) / looks.size;
  expect(total).toBeLessThanOrEqual(1.5 * MOST_TABLE_REQUESTS);
  expect((directory.requests - before.graph) / looks.size).toBeLessThanOrEqual(1);
  expect(writes(world)).toHaveLength(before.written + 1);
  expect(await world.deadLetters()).toEqual([]);
}

/** Counts what is asked for, and delivered, because of these principals alone. */
function watchCost(world: World, principals: readonly (readonly [kind: string, id: string])[]) {
  const ids = new Set(principals.map(([, id]) => id));
  const names = (text: string): boolean => (text.match(GUID) ?? []).some(id => ids.has(id));
  const subjects = new Map(
    principals.map(([kind, id]) => [obligationSubject(world.target, `${kind}:${id}`), id]),
  );
  const looks = new Map<string, number>();
  let tableRequests = 0;
  let graphRequests = 0;
  world.storage.gate = ({ phase, path, body }) => {
    if (phase === 'before' && names(`${path} ${body}`)) tableRequests += 1;
  };
  world.cloud.directory.faults.gate = ({ path }) => {
    if (names(path)) graphRequests += 1;
  };
  world.cloud.broker.gate = ({ kind, messageId }) => {
    const id = subjects.get(
      messageId
        .split('|')
        .slice(0, messageId.startsWith('p:') ? 2 : 1)
        .join('|'),
    );
    if (kind === 'deliver' && id !== undefined) looks.set(id, (looks.get(id) ?? 0) + 1);
  };
  return { looks: () => looks, tableRequests: () => tableRequests, graphRequests: () => graphRequests };
}

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
