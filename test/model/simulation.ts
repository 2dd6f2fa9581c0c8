import fc from 'fast-check';
import { DirectoryStore } from '../../src/local/directory/store.ts';
import type { PlanItem } from '../../src/planning/picture.ts';
import { APPLICATION, tenant } from '../harness/tenant.ts';
import { folded, wantedName, whyAbsent } from './desired-state.ts';
import { Expectations } from './expectations.ts';
import type { Planner } from './load-planner.ts';
import type { ModelConfig } from './model-config.ts';
import { type ChangeDraw, randomChange, TenantChanges } from './random-changes.ts';
import { randomConfig, randomTenant, type TenantDraw } from './random-tenants.ts';
import { type Fate, SimulatedEngine } from './simulated-engine.ts';
import { SimulatedSource } from './simulated-source.ts';
import { SimulatedTarget } from './simulated-target.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';

const MINUTE = 60_000;
/** Looks and audits after which nothing may be left to write. */
const ROUNDS = 8;
/** The external id of somebody whom another system put there. */
const FOREIGN = 'foreign';

interface Draw {
  readonly drawn: TenantDraw;
  readonly config: ModelConfig;
  readonly graceMs: number;
  readonly batches: readonly (readonly ChangeDraw[])[];
  /** What becomes of the writes, over and over, while the source changes. */
  readonly fates: readonly ReturnType<Fate>[];
}

const draw: fc.Arbitrary<Draw> = fc.record({
  drawn: randomTenant,
  config: randomConfig,
  graceMs: fc.constantFrom(0, 0, 25 * MINUTE),
  batches: fc.array(fc.array(randomChange, { minLength: 4, maxLength: 8, size: 'max' }), {
    minLength: 3,
    maxLength: 3,
    size: 'max',
  }),
  fates: fc.array(fc.constantFrom('answered', 'answered', 'answered', 'applied', 'lost' as const), {
    minLength: 7,
    maxLength: 13,
    size: 'max',
  }),
});

/** Random tenants lived through in memory with the given planner. @returns what went wrong first */
export function firstFailure(planner: Planner, runs: number, seed: number): string | undefined {
  for (const sample of fc.sample(draw, { numRuns: runs, seed })) {
    try {
      const problem = live(planner, sample);
      if (problem !== undefined) return problem;
    } catch (error) {
      return `it throws: ${error}`;
    }
  }
  return undefined;
}

function live(planner: Planner, { drawn, config, graceMs, batches, fates }: Draw): string | undefined {
  const store = new DirectoryStore(tenant({ ...drawn, assigned: drawn.assigned }));
  const changes = new TenantChanges(store, APPLICATION);
  const expectations = new Expectations(config, { graceMs });
  const target = new SimulatedTarget();
  const foreigner = target.create('user', { userName: 'local', externalId: FOREIGN, active: true });
  let isCalm = true;
  let writes = 0;
  const fate: Fate = () => (isCalm ? 'answered' : (fates[writes++ % fates.length] ?? 'answered'));
  const source = new SimulatedSource(planner, config);
  const engine = new SimulatedEngine({ planner, source, target, graceMs, fate });
  let at = Date.parse('2026-01-01T00:00:00Z');
  const see = (): Snapshot => {
    const snapshot = takeSnapshot(store.truth, APPLICATION, at);
    expectations.see(snapshot);
    return snapshot;
  };
  let now = see();
  for (const batch of [[], ...batches]) {
    isCalm = false;
    for (const change of batch) {
      at += 10 * MINUTE;
      changes.apply(change);
      now = see();
      engine.look(now, at);
    }
    isCalm = true;
    const invaded = tamper(target, now, config, foreigner?.scimId ?? '', batch.length);
    const unsettled = settle(engine, target, now, at);
    if (unsettled !== undefined) return unsettled;
    // The foreign member is still there, and nobody's business.
    for (const group of invaded)
      if (!target.get(group).members.delete(foreigner?.scimId ?? '')) return 'a foreign member was removed';
    const seen = new Map(target.observe());
    if (seen.get(FOREIGN)?.active !== true) return 'a foreign account was switched off';
    seen.delete(FOREIGN);
    const [problem] = [...engine.faults, ...expectations.check(seen, engine.held)];
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Looks and audits in turn until neither finds anything to write. */
function settle(
  engine: SimulatedEngine,
  target: SimulatedTarget,
  now: Snapshot,
  at: number,
): string | undefined {
  let left: PlanItem[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = engine.writes;
    engine.look(now, at);
    left = engine.audit(now, at).filter(({ principal, action, detail }) => {
      // What waits for a name, or is a name that cannot be written, is somebody's to decide.
      const entity = now.live.get(principal.id);
      const there = target.observe().get(principal.id);
      const isRenamed = entity !== undefined && folded(wantedName(entity)) !== folded(there?.name ?? '');
      const isNameOnly = action === 'update' && detail.every(name => name === 'userName');
      return !(engine.held.has(principal.id) || (isNameOnly && isRenamed) || action === 'name-in-use');
    });
    if (left.length === 0 && engine.writes === before) return undefined;
  }
  return `it does not settle: ${JSON.stringify(left)}`;
}

/**
 * Other administrators: one switches a leaver on again, one renames somebody of ours, one takes a member of ours out, one puts a foreign one in.
 * @returns SCIM ids of the groups with the foreign member
 */
function tamper(
  target: SimulatedTarget,
  now: Snapshot,
  config: ModelConfig,
  foreigner: string,
  draw: number,
): string[] {
  const ours = [...target.resources.values()].filter(
    ({ values, kind }) =>
      whyAbsent(now, config, String(values.externalId)) === undefined &&
      (kind === 'group' || values.active === true),
  );
  const [leaver] = [...target.resources.values()].filter(({ values }) => values.active === false);
  if (leaver !== undefined) leaver.values.active = true;
  const user = ours.filter(({ kind }) => kind === 'user')[draw % 3];
  if (user !== undefined) user.values.displayName = 'Somebody else';
  const groups = ours.filter(({ kind }) => kind === 'group');
  const [member] = groups[0]?.members ?? [];
  if (member !== undefined) groups[0]?.members.delete(member);
  for (const { members } of groups) members.add(foreigner);
  return groups.map(({ scimId }) => scimId);
}
