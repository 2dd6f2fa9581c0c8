import { classifyFailure } from '../databricks/failure.ts';
import { TargetUnavailable } from '../identity/errors.ts';
import { describeError } from '../identity/logger.ts';
import type { PlanAction, PlanItem } from '../planning/picture.ts';
import type { LimitReadings } from '../planning/resource-limits.ts';
import type { Plan } from '../reconciliation/plan.ts';
import { ScimCredentialError, ScimError, ScimTransportError } from '../scim/errors.ts';
import { type AimStatus, aimStatus } from './aim-status.ts';
import type { OperationsContext } from './context.ts';

/** What a full comparison would change in one target, or why there is none. */
export type PlanSummary = ComparedTarget | UncomparedTarget;

/** A target that cannot be read to the end, such as a workspace with identity federation. */
interface UncomparedTarget {
  readonly target: string;
  /** Why, with what to do about it where that is known. Nothing is known of differences then, not even that there are none. */
  readonly notCompared: string;
}

export interface ComparedTarget {
  readonly target: string;
  readonly notCompared?: undefined;
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

type PlanContext = Pick<OperationsContext, 'state' | 'targets' | 'audit' | 'assignments'>;

/**
 * Compares every target completely and writes nothing. A target that cannot be read is no reason not to show the others.
 * @throws whatever keeps a single read of the source from its end
 */
export async function summarizePlan(context: PlanContext): Promise<PlanSummary[]> {
  const summaries: PlanSummary[] = [];
  for (const target of context.targets) {
    try {
      summaries.push(await summarize(context, target));
    } catch (error) {
      const notCompared = troubleOfTarget(error);
      if (notCompared === undefined) throw error;
      summaries.push({ target: target.id, notCompared });
    }
  }
  return summaries;
}

async function summarize(
  { state, audit, assignments }: PlanContext,
  target: OperationsContext['targets'][number],
): Promise<ComparedTarget> {
  const { items, limits, workspaces, outsideAccount } = await audit.plan(target, await assignments.list());
  const known = await state.targets.read(target.id);
  const counts: Partial<Record<PlanAction, number>> = {};
  for (const { action } of items) counts[action] = (counts[action] ?? 0) + 1;
  return {
    target: target.id,
    planOnly: known.planOnly,
    aim: aimStatus(known),
    counts,
    items,
    limits,
    workspaces,
    outsideAccount,
  };
}

/** What the target answered, in words for a person; undefined when it was not the target that failed. */
function troubleOfTarget(error: unknown): string | undefined {
  if (error instanceof TargetUnavailable) return error.message;
  const isTargets = [ScimError, ScimTransportError, ScimCredentialError].some(type => error instanceof type);
  if (!isTargets) return undefined;
  const failure = classifyFailure(error, { operation: 'list' });
  return failure === 'alreadyDone' ? describeError(error) : failure.message;
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
