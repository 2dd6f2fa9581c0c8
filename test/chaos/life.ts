import { badRequest } from '../../src/local/directory/errors.ts';
import type { DirectoryStore } from '../../src/local/directory/store.ts';
import { APPLICATION } from '../harness/tenant.ts';
import type { World } from '../harness/world.ts';
import { whyAbsent } from '../model/desired-state.ts';
import { TenantChanges } from '../model/random-changes.ts';
import { type Snapshot, takeSnapshot } from '../model/snapshot.ts';
import { Chaos } from './chaos.ts';
import type { Danger, DangerDraw, Done } from './danger.ts';
import { Dangers } from './dangers.ts';
import { Faults } from './faults.ts';
import type { History, Step } from './history.ts';

/** A step that the tenant refuses is tried with other people before it is given up. */
const TRIES = 24;

/** The tenant of one history, and what goes wrong around it. */
export class Life {
  /** What happened, in order. */
  readonly story: string[] = [];
  /** Those that concerned somebody in scope. */
  readonly dangers = new Map<Danger, number>();
  readonly faults: Faults;
  readonly chaos: Chaos;
  /** The tenant after each step. */
  readonly past: Snapshot[] = [];
  /** Steps that the tenant took. */
  steps = 0;
  readonly #world: World;
  readonly #history: History;
  readonly #changes: TenantChanges;
  readonly #dangers: Dangers;
  #later: { readonly at: number; readonly then: () => Done | undefined }[] = [];

  constructor(world: World, history: History) {
    this.#world = world;
    this.#history = history;
    const { store } = world.cloud.directory;
    if (history.isForgetful) keepEverything(store);
    this.chaos = new Chaos(world, history);
    this.faults = new Faults(this.chaos);
    this.#changes = new TenantChanges(store, APPLICATION);
    this.#dangers = new Dangers(store, APPLICATION);
    this.#see();
  }

  async take(step: Step): Promise<void> {
    this.#due();
    await this.faults.tick();
    await this.chaos.revived();
    if (step.kind === 'danger') this.#live(step.danger);
    else if (step.kind === 'fault') this.#tell(await this.faults.arm(step.fault, step.draw));
    else if (step.kind === 'audit') await this.#askForAudit();
    else this.#note(untilDone(step.change, draw => this.#changes.apply(draw)));
    await this.#world.idle(step.pause);
    await this.chaos.revived();
  }

  /** Whatever is to come comes, and nothing goes wrong any more. */
  async calm(): Promise<void> {
    while (this.#later.length > 0) {
      await this.#world.idle(Math.max(Math.min(...this.#later.map(({ at }) => at)) - Date.now(), 0));
      this.#due();
    }
    await this.faults.endAll();
    await this.chaos.revived();
    this.#tell('calm');
  }

  #live(draw: DangerDraw): void {
    const before = this.past.at(-1);
    const done = untilDone(draw, one => this.#dangers.live(one));
    if (done === undefined) {
      // What was refused may have come about in part.
      this.#see();
      return;
    }
    this.#did(done, draw.lasts);
    const concerns = [before, this.past.at(-1)].some(s =>
      done.ids.some(id => s !== undefined && whyAbsent(s, this.#history.config, id) === undefined),
    );
    if (concerns) this.dangers.set(draw.danger, (this.dangers.get(draw.danger) ?? 0) + 1);
  }

  #did({ story, then }: Done, lasts: number): void {
    this.#note(story);
    if (then !== undefined) this.#later.push({ at: Date.now() + lasts, then });
  }

  /** What was to follow by now. */
  #due(): void {
    const due = this.#later.filter(({ at }) => at <= Date.now());
    this.#later = this.#later.filter(({ at }) => at > Date.now());
    for (const { then } of due) {
      const done = then();
      if (done !== undefined) this.#did(done, 0);
    }
  }

  async #askForAudit(): Promise<void> {
    const { state, target } = this.#world;
    await state.targets.update(target, known => ({ ...known, auditDue: 'chaos' }));
    // It may be dead just now, or busy with another cycle: then the timer asks within a minute.
    await this.#world.fire('reconcile').catch(() => undefined);
    this.#tell('an audit is asked for');
  }

  #note(story: string | undefined): void {
    // What was refused may have come about in part.
    this.#see();
    if (story === undefined) return;
    this.steps += 1;
    this.#tell(story);
  }

  #tell(story: string | undefined): void {
    if (story !== undefined) this.story.push(`${new Date(Date.now()).toISOString()} ${story}`);
  }

  #see(): void {
    this.past.push(takeSnapshot(this.#world.cloud.directory.store.truth, APPLICATION, Date.now()));
  }
}

/** Nobody may delete for good: people go to the recycle bin, and groups stay. */
function keepEverything(store: DirectoryStore): void {
  const remove = store.delete.bind(store);
  store.delete = id => {
    if (store.truth.live(id)?.kind !== 'user') throw badRequest('This tenant deletes people only.');
    remove(id);
  };
  store.purge = () => {
    throw badRequest('This tenant deletes nobody for good.');
  };
}

function untilDone<D extends { readonly subject: number; readonly object: number }, R>(
  draw: D,
  work: (draw: D) => R | undefined,
): R | undefined {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const done = work({ ...draw, subject: draw.subject + tries, object: draw.object + 2 * tries });
    if (done !== undefined) return done;
  }
  return undefined;
}
