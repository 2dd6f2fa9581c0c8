import type { PlanAction, PlanItem } from '../planning/picture.ts';
import type { LimitReadings } from '../planning/resource-limits.ts';
import type { OperationsContext } from './context.ts';

/** What a full comparison would change in one target. */
export interface PlanSummary {
  readonly target: string;
  /** True while nothing but revocations is written, until a person approves the plan. */
  readonly planOnly: boolean;
  /** Number of differences per action; actions without any are left out. */
  readonly counts: Readonly<Partial<Record<PlanAction, number>>>;
  readonly items: readonly PlanItem[];
  /** Limits of the target that the plan would exceed, or come near to. */
  readonly limits: LimitReadings;
}

/** Compares every target completely and writes nothing. @throws whatever keeps a single read from its end. */
export async function summarizePlan({
  state,
  targets,
  audit,
  assignments,
}: Pick<OperationsContext, 'state' | 'targets' | 'audit' | 'assignments'>): Promise<PlanSummary[]> {
  const summaries: PlanSummary[] = [];
  for (const target of targets) {
    const { items, limits } = await audit.plan(target, await assignments.list());
    const counts: Partial<Record<PlanAction, number>> = {};
    for (const { action } of items) counts[action] = (counts[action] ?? 0) + 1;
    summaries.push({
      target: target.id,
      planOnly: (await state.targets.read(target.id)).planOnly,
      counts,
      items,
      limits,
    });
  }
  return summaries;
}

/**
 * Lets the targets that wait in plan-only be written to. Proposed adoptions stay held, each for an approval of its own.
 * @returns the targets that waited
 */
export async function approvePlan({
  state,
  queue,
  targets,
}: Pick<OperationsContext, 'state' | 'queue' | 'targets'>): Promise<string[]> {
  const released: string[] = [];
  for (const { id } of targets) {
    if (!(await state.targets.read(id)).planOnly) continue;
    await state.targets.update(id, before => ({ ...before, planOnly: false }));
    await queue.sendPump(id);
    released.push(id);
  }
  return released;
}
