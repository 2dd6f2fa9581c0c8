import type { RequestRecord } from '../../src/local/databricks/types.ts';
import { writes } from '../harness/observe.ts';
import type { World } from '../harness/world.ts';
import { Expectations } from '../model/expectations.ts';
import { justification } from '../model/justification.ts';
import { observe, takenBy } from '../model/watched-target.ts';
import type { Chains, Ends } from './chains.ts';
import { audit, drain } from './drain.ts';
import type { Fault } from './faults.ts';
import { SOURCE_LAGS_MS } from './faults-of-directory.ts';
import { TARGET_HANGS_MS } from './faults-of-target.ts';
import type { History } from './history.ts';
import type { Life } from './life.ts';

/** Longer ago than this, a write no longer makes an audit look away (milliseconds). */
const AUDITED_AFTER_MS = 125_000;

/** Between the look that saw a fact and the request that acts on it, when nothing goes wrong (milliseconds). */
const LOOK_TAKES_AT_MOST_MS = 20_000;

/** What must hold once a history is over. */
export class Verdict {
  readonly #world: World;
  readonly #history: History;
  readonly #life: Life;
  readonly #chains: Chains;

  constructor(o: { world: World; history: History; life: Life; chains: Chains }) {
    this.#world = o.world;
    this.#history = o.history;
    this.#life = o.life;
    this.#chains = o.chains;
  }

  /** The target against the model. What is held, or could not be done, is as it was: whoever is paged knows of it. */
  async differences(): Promise<string[]> {
    const expectations = new Expectations(this.#history.config, {
      lateMs: Number.POSITIVE_INFINITY,
      mixes: this.#history.steps.some(step => step.kind === 'fault' && step.fault === 'Graph stale read'),
      lookMs: LOOK_TAKES_AT_MOST_MS,
    });
    for (const snapshot of this.#life.past) expectations.see(snapshot);
    const open = new Set(await openMatters(this.#world));
    const problems = expectations.check(observe(this.#world), new Set());
    return problems.filter(problem => ![...open].some(id => problem.includes(id)));
  }

  /** Neither later looks nor another comparison find anything to write. */
  async writesAfterConvergence(): Promise<string[]> {
    const before = writes(this.#world).length;
    this.#world.clock.advance(AUDITED_AFTER_MS);
    await drain(this.#world);
    await audit(this.#world);
    return writes(this.#world)
      .slice(before)
      .map(record => `a write after convergence: ${words(record)}`);
  }

  /** What was taken away although the source had not shown any reason for it, not even within the lag. */
  unjustified(): string[] {
    const { past } = this.#life;
    return takenBy(this.#world, writes(this.#world)).flatMap(({ at, taken }) => {
      const shown = past.filter((snapshot, index) => {
        const ended = past[index + 1]?.at ?? Number.POSITIVE_INFINITY;
        return snapshot.at <= at && ended >= at - this.#lagMs();
      });
      const isJustified = shown.some(
        snapshot => justification(snapshot, this.#history.config, taken) !== undefined,
      );
      return isJustified ? [] : [`${new Date(at).toISOString()} ${JSON.stringify(taken)} had no reason`];
    });
  }

  /** Chains of messages without an end, and how the others ended. */
  chains(): { problems: string[]; ends: Ends } {
    return this.#chains.check(this.#world.logs);
  }

  /** What the tests put there is nobody's business. */
  foreigners(): string[] {
    const { users, groups } = this.#world.cloud.databricks.store;
    const user = users.find(({ externalId }) => externalId === undefined);
    const group = groups.find(({ externalId }) => externalId === undefined);
    const isThere = user?.active === true && group?.members.size === 1;
    return isThere ? [] : ['a foreign account or group was touched'];
  }

  /** How old may be what a request acts on: what the look itself takes, and what was injected. */
  #lagMs(): number {
    const { steps } = this.#history;
    const isArmed = (fault: Fault): boolean =>
      steps.some(step => step.kind === 'fault' && step.fault === fault);
    const stale = isArmed('Graph stale read') ? SOURCE_LAGS_MS : 0;
    // One look may send several requests after it has read the source.
    const hangs = isArmed('SCIM timeout') || isArmed('SCIM applied late') ? 2 * TARGET_HANGS_MS : 0;
    return LOOK_TAKES_AT_MOST_MS + stale + hangs;
  }
}

/** Ids of whom somebody has to decide about, or who could not be provisioned. */
async function openMatters({ state, target }: World): Promise<string[]> {
  const holds = await state.holds.list(target);
  const failures = await state.targets.failures(target);
  return [
    ...holds.flatMap(({ value: { principal, ids } }) => [principal.id, ...ids]),
    ...failures.map(({ key }) => key.slice(key.indexOf(':') + 1)),
  ];
}

function words({ at, method, path, body, status }: RequestRecord): string {
  return `${new Date(at).toISOString()} ${method} ${path} ${JSON.stringify(body)} -> ${status}`;
}
