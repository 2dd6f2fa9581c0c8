import type { PlanAction, PlanItem } from '../planning/picture.ts';
import type { LimitReadings } from '../planning/resource-limits.ts';
import type { Plan } from '../reconciliation/plan.ts';
import { type AimStatus, aimStatus } from './aim-status.ts';
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
  /** Automatic Identity Management: where it is on, a create is a resolve, and members are the account's own affair. */
  readonly aim: AimStatus;
  /** Assignments to workspaces that somebody else made, of nobody who is provisioned, or that could not be read. */
  readonly workspaces: Plan['workspaces'];
  /** Of a workspace: whom none of the accounts in the same configuration holds. */
  readonly outsideAccount: Plan['outsideAccount'];
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
    const { items, limits, workspaces, outsideAccount } = await audit.plan(target, await assignments.list());
    const known = await state.targets.read(target.id);
    const counts: Partial<Record<PlanAction, number>> = {};
    for (const { action } of items) counts[action] = (counts[action] ?? 0) + 1;
    summaries.push({
      target: target.id,
      planOnly: known.planOnly,
      aim: aimStatus(known),
      counts,
      items,
      limits,
      workspaces,
      outsideAccount,
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
