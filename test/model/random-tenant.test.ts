import fc from 'fast-check';
import { expect, test } from 'vitest';
import { audit, expectConverged, takingAway, writesFromNow } from '../harness/converge.ts';
import { APPLICATION, tenant } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';
import { Expectations, POLLED_WITHIN_MS } from './expectations.ts';
import { justification } from './justification.ts';
import { asScopeSection, type ModelConfig } from './model-config.ts';
import { type ChangeDraw, randomChange, TenantChanges } from './random-changes.ts';
import { randomConfig, randomTenant, type TenantDraw } from './random-tenants.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { observe, takenBy } from './watched-target.ts';

/** `MODEL_RUNS=40 MODEL_SEED=7 vitest run test/model/random-tenant` hunts longer, or repeats what a failure printed. */
const RUNS = Number(process.env.MODEL_RUNS ?? 1);
const SEED = Number(process.env.MODEL_SEED ?? 20_260_101);
const BATCHES = 3;
const CHANGES_PER_BATCH = 8;

/** Between the look that saw a fact and the request that acts on it (milliseconds of test clock). */
const LOOK_TAKES_AT_MOST_MS = 20_000;

const NAME_HOLDS: readonly string[] = ['name-in-use', 'identity-re-use', 'name-passed-on'];

const run = fc.record({
  drawn: randomTenant,
  config: randomConfig,
  batches: fc.array(
    fc.array(randomChange, { minLength: CHANGES_PER_BATCH, maxLength: CHANGES_PER_BATCH, size: 'max' }),
    { minLength: BATCHES, maxLength: BATCHES, size: 'max' },
  ),
});

test('random tenants and changes: the target equals the model, and whatever was taken away had its reason in the source', {
  timeout: RUNS * 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(run, ({ drawn, config, batches }) => live(drawn, config, batches)),
    // A world costs seconds: what fails is repeated by its seed and path, not shrunk.
    {
      numRuns: RUNS,
      seed: SEED,
      endOnFailure: true,
      ...(process.env.MODEL_PATH ? { path: process.env.MODEL_PATH } : {}),
    },
  );
});

async function live(drawn: TenantDraw, config: ModelConfig, batches: readonly ChangeDraw[][]): Promise<void> {
  const story: string[] = [];
  await using world = await createWorld({
    seed: tenant({ ...drawn, assigned: drawn.assigned }),
    limits: 'off',
    config: { scope: asScopeSection(config) },
    prepare: ({ cloud: { databricks } }) => {
      const local = databricks.store.add({ type: 'Users', userName: 'local@contoso.com' });
      databricks.store.add({ type: 'Groups', displayName: 'local group', members: [local.id] });
    },
  });
  const { store } = world.cloud.directory;
  const changes = new TenantChanges(store, APPLICATION);
  const expectations = new Expectations(config);
  const past: Snapshot[] = [];
  const see = (): void => {
    past.push(takeSnapshot(store.truth, APPLICATION, Date.now()));
    expectations.see(past.at(-1) as Snapshot);
  };
  const compare = async (when: string, mayWait = true): Promise<void> => {
    const waiting = mayWait ? await waitingForNames(world) : new Set<string>();
    expect(
      expectations.check(observe(world), waiting),
      [when, ...story, JSON.stringify(config)].join('\n'),
    ).toEqual([]);
  };
  see();
  const all = writesFromNow(world);
  await world.initialCycle();
  await world.drained({ laterLooks: true });
  await compare('after the initial cycle');
  for (const [index, batch] of batches.entries()) {
    for (const draw of batch) {
      const done = changes.apply(draw);
      if (done === undefined) continue;
      see();
      story.push(`${new Date(Date.now()).toISOString()} ${done}`);
      await world.idle(draw.pause);
    }
    await settle(world);
    await compare(`after batch ${index}`);
  }
  // Who waited for a name, or with a group that did, is found by the audit; after that there is nothing left.
  await audit(world);
  await world.drained({ laterLooks: true });
  await compare('after an audit', false);
  await expectConverged(world);
  for (const { at, taken } of takenBy(world, takingAway(all.records()))) {
    const facts = inForce(past, at).map(snapshot => justification(snapshot, config, taken));
    const what = `${new Date(at).toISOString()} ${JSON.stringify(taken)}`;
    expect(
      facts.some(fact => fact !== undefined),
      `${what} had no reason\n${story.join('\n')}`,
    ).toBe(true);
  }
  expect(await world.deadLetters()).toEqual([]);
  const { users, groups } = world.cloud.databricks.store;
  expect(users.find(({ externalId }) => externalId === undefined)).toMatchObject({ active: true });
  expect(groups.find(({ externalId }) => externalId === undefined)?.members.size).toBe(1);
}

/** Who is held for his name: whether that has become free, only an audit finds out. */
async function waitingForNames(world: World): Promise<Set<string>> {
  const rows = await world.state.holds.list(world.target);
  return new Set(
    rows.filter(({ value }) => NAME_HOLDS.includes(value.kind)).map(({ value }) => value.principal.id),
  );
}

/** Until nothing more follows from what the feeds have told. */
async function settle(world: World): Promise<void> {
  for (const _ of ['assignments are read', 'what follows from them too']) {
    await world.idle(POLLED_WITHIN_MS);
    await world.drained({ laterLooks: true });
  }
}

/** How the source was when the request arrived, and a moment before. */
function inForce(past: readonly Snapshot[], at: number): Snapshot[] {
  return past.filter(
    (snapshot, index) =>
      snapshot.at <= at && (past[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= at - LOOK_TAKES_AT_MOST_MS,
  );
}
