import { now } from '../identity/clock.ts';
import { describeError, type Logger } from '../identity/logger.ts';
import { principalKey } from '../identity/principal.ts';
import type { Target } from '../provisioning/target.ts';
import { isOpenHold } from '../state/holds.ts';
import type { State } from '../state/state.ts';

/** Due rows that are counted: one page of the table, so that a flood makes the pulse no dearer. */
const ROWS_COUNTED = 1_000;

/**
 * Says once a minute what waits at each target, so that alerts rest on what our own state shows: rows and holds make no
 * events of their own while nothing happens, which is just when somebody should hear of them.
 *
 * A line `pulse` for each target, with `rows` due (at most a thousand are counted), `head`, the one that is next, which
 * stays the same while nobody works; open holds (`held`) and the age of the oldest; principals that failed; whether the
 * target is quarantined, and since when, and whether the source is; whether it is in plan-only; and the time since the last cycle began.
 */
export async function pulse({
  state,
  targets,
  log,
}: {
  state: State;
  targets: readonly Pick<Target, 'id'>[];
  log: Logger;
}): Promise<void> {
  const at = now();
  for (const { id: target } of targets) {
    // One that cannot be told of hides no other one.
    await readPulse(state, target, at).then(
      fields => log.info('pulse', { target, ...fields }),
      (error: unknown) => log.warn('pulse-missed', { target, error: describeError(error) }),
    );
  }
}

async function readPulse(state: State, target: string, at: number) {
  const { quarantine, planOnly } = await state.targets.read(target);
  const { startedAt } = await state.targets.readCycle();
  const due = await state.backlog.head(target, { dueBy: at, limit: ROWS_COUNTED });
  const next = due[0]?.value;
  const open = (await state.holds.list(target)).map(({ value }) => value).filter(isOpenHold);
  const oldest = Math.min(...open.map(({ heldAt }) => heldAt));
  return {
    rows: due.length,
    head: next && `${next.rowClass}:${principalKey(next.principal)}`,
    held: open.length,
    heldForMs: open.length === 0 ? undefined : at - oldest,
    failed: (await state.targets.failures(target)).length,
    quarantined: quarantine !== undefined,
    sourceQuarantined: (await state.source.read()).quarantine !== undefined,
    quarantinedForMs: quarantine && at - quarantine.since,
    planOnly,
    sinceCycleMs: startedAt === 0 ? undefined : at - startedAt,
  };
}
