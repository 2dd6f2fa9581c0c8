import { setTimeout as realSleep } from 'node:timers/promises';
import type { World } from '../harness/world.ts';

const QUEUE = 'identity-changes';
const MINUTE = 60_000;
/** While anybody has something in hand (milliseconds of test clock). */
const STEP_MS = 2_000;
/** Real milliseconds, while something is in hand and nothing moves. */
const STUCK_MS = 60;
/** Longest step while nobody has. */
const LONGEST_STEP_MS = 4 * 60 * MINUTE;
/** A read of the source or of the target is right this long after whatever it shows. */
const REPLICAS_AGREE_MS = 60_000;
/** Retries are at most four hours apart, so that whatever takes longer than this goes round in circles. */
const LONGEST_MS = 24 * 60 * MINUTE;

/** Until no message and no row is left, later looks included: the clock runs ahead to whatever is due next. */
export async function drain(world: World): Promise<void> {
  const begin = Date.now();
  for (let before = -1; ; ) {
    await world.pass(1);
    const { activity } = world.cloud.broker;
    // Somebody waits for a broken connection, by timers of a library that know nothing of the test's clock.
    if (activity === before) await realSleep(STUCK_MS);
    const { active, locked, scheduled } = world.cloud.broker.counts(QUEUE);
    const isIdle = active + locked === 0 && !(await world.state.backlog.hasRows(world.target));
    if (isIdle && scheduled === 0) return;
    if (Date.now() - begin > LONGEST_MS)
      throw new Error(`not drained within a day: ${world.logs.slice(-20).join('\n')}`);
    const due = (world.cloud.broker.nextDue() ?? Number.POSITIVE_INFINITY) - Date.now();
    before = isIdle ? -1 : activity;
    world.clock.advance(isIdle ? Math.min(Math.max(due, STEP_MS), LONGEST_STEP_MS) : STEP_MS);
  }
}

/**
 * Until nothing more follows from what the feeds tell; nothing goes wrong any more. The timers poll on while it drains,
 * and so does the audit that comes next: what follows from what this poll found is heard of as well.
 */
export async function settle(world: World): Promise<void> {
  world.clock.advance(REPLICAS_AGREE_MS);
  await world.fire('poll-directory');
  await world.pass(1);
  await drain(world);
}

/** A full comparison now, and everything that follows from it. */
export async function audit(world: World): Promise<void> {
  const { state, target } = world;
  await state.targets.update(target, known => ({ ...known, auditDue: 'chaos' }));
  const begin = Date.now();
  await world.fire('reconcile');
  for (;;) {
    await world.pass(1);
    const known = await state.targets.read(target);
    if (known.auditDue === undefined && known.quarantine === undefined) break;
    if (Date.now() - begin > LONGEST_MS) throw new Error(`no audit within a day: ${JSON.stringify(known)}`);
    // The timer asks every minute whether one is due; one that failed is tried again at growing intervals.
    world.clock.advance(10_000);
  }
  await drain(world);
}
