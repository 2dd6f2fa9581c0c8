import { tenant } from '../harness/tenant.ts';
import { createWorld, type World } from '../harness/world.ts';
import { asScopeSection } from '../model/model-config.ts';
import { Chains, type Ends } from './chains.ts';
import { audit, settle } from './drain.ts';
import type { History } from './history.ts';
import { Life } from './life.ts';
import { Verdict } from './verdict.ts';

/** Far below what anybody would do by hand, the published limits are most of what a history would wait for. */
const UNLIMITED = {
  limits: 'off',
  settings: {
    DATABRICKS_GET_PER_SECOND: '200',
    DATABRICKS_LIST_PER_SECOND: '200',
    DATABRICKS_WRITE_PER_SECOND: '100',
    DATABRICKS_PATCH_PER_SECOND: '100',
  },
} as const;

/** What came of a history. */
export interface Report {
  readonly seed: number;
  /** What is not as it must be, in words; empty when all is well. */
  readonly problems: readonly string[];
  /** What happened, in order. */
  readonly story: readonly string[];
  /** Steps that the tenant took. */
  readonly steps: number;
  /** How often each struck. */
  readonly faults: Readonly<Record<string, number>>;
  /** Those that concerned somebody in scope. */
  readonly dangers: Readonly<Record<string, number>>;
  /** How the chains of messages ended. */
  readonly ends: Ends;
  /** What the workers asked of source, target and storage: most of what a history costs. */
  readonly requests: number;
  /** CPU seconds of this history's workers. */
  readonly workerSeconds: number;
  /** From the start of its world to the end of its checks. */
  readonly seconds: number;
  /** What the workers said. */
  readonly log: readonly string[];
}

/** Lives through a history in a world of its own, and looks at what it comes to. Never throws for what goes wrong in it. */
export async function live(history: History): Promise<Report> {
  const begin = performance.now();
  await using world = await createWorld({
    seed: tenant({ ...history.tenant, assigned: history.tenant.assigned }),
    ...(history.isLimited ? {} : UNLIMITED),
    stepMs: 2_000,
    config: { scope: asScopeSection(history.config) },
    prepare: ({ cloud: { databricks } }) => {
      const local = databricks.store.add({ type: 'Users', userName: 'local@contoso.com' });
      databricks.store.add({ type: 'Groups', displayName: 'local group', members: [local.id] });
    },
  });
  const life = new Life(world, history);
  const chains = new Chains();
  chains.watch(world.cloud.broker);
  const verdict = new Verdict({ world, history, life, chains });
  const problems: string[] = [];
  let ends: Ends = {};
  try {
    await world.initialCycle();
    for (const step of history.steps) await life.take(step);
    await life.calm();
    await settle(world);
    await audit(world);
    problems.push(...(await verdict.differences()), ...(await verdict.writesAfterConvergence()));
    problems.push(...verdict.unjustified(), ...verdict.foreigners());
    const followed = verdict.chains();
    problems.push(...followed.problems);
    ends = followed.ends;
    problems.push(...excess(world));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return {
    seed: history.seed,
    problems,
    story: life.story,
    steps: life.steps,
    faults: Object.fromEntries(life.faults.struck),
    dangers: Object.fromEntries(life.dangers),
    ends,
    requests: requestsOf(world),
    workerSeconds: life.chaos.workerSeconds,
    seconds: (performance.now() - begin) / 1_000,
    log: world.logs,
  };
}

/** A history of this size costs some thousands; what goes round in circles costs as many as it has time for. */
const MOST_REQUESTS = 15_000;

function excess(world: World): string[] {
  const requests = requestsOf(world);
  return requests > MOST_REQUESTS ? [`${requests} requests: something goes round in circles`] : [];
}

function requestsOf({ cloud: { directory, databricks }, storage }: World): number {
  return directory.requests + databricks.requests + storage.requests;
}
