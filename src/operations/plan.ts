import { randomUUID } from 'node:crypto';
import { classifyFailure } from '../databricks/failure.ts';
import { now } from '../identity/clock.ts';
import { TargetUnavailable } from '../identity/errors.ts';
import { describeError } from '../identity/logger.ts';
import type { PlanAction, PlanItem } from '../planning/picture.ts';
import type { LimitReadings } from '../planning/resource-limits.ts';
import type { Plan } from '../reconciliation/plan.ts';
import { ScimCredentialError, ScimError, ScimTransportError } from '../scim/errors.ts';
import { DECIDED } from '../state/provisioning-log.ts';
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

/** What came of approving plans. */
export interface PlanApproval {
  /** Of every target that waited in plan-only, where they were asked for. */
  readonly plans: readonly PlanSummary[];
  /** Those that are written to from now on. */
  readonly released: readonly string[];
  /** Those that could not be shown, and wait on. */
  readonly refused: readonly string[];
}

/**
 * Lets the targets that wait in plan-only be written to. Each is compared first, for whoever approves to see: nobody
 * approves what could not be shown, unless he says that he has `seen` it elsewhere. Who it was is in the log before
 * anything is written. Proposed adoptions stay held, each for an approval of its own.
 * @throws as {@link summarizePlan}
 */
export async function approvePlan(
  context: PlanContext & Pick<OperationsContext, 'queue'>,
  { seen, by }: { readonly seen: boolean; readonly by: string },
): Promise<PlanApproval> {
  const { state, queue } = context;
  const waiting: (typeof context.targets)[number][] = [];
  for (const target of context.targets)
    if ((await state.targets.read(target.id)).planOnly) waiting.push(target);
  const plans = seen ? [] : await summarizePlan({ ...context, targets: waiting });
  const hidden = new Set(plans.filter(plan => plan.notCompared !== undefined).map(plan => plan.target));
  const released = waiting.map(({ id }) => id).filter(id => !hidden.has(id));
  for (const target of released) {
    const [at, plan] = [now(), plans.find(one => one.target === target)];
    const shown =
      plan?.notCompared === undefined && plan !== undefined
        ? `${plan.items.length} differences`
        : 'seen elsewhere';
    await state.log.append({
      at,
      target,
      action: DECIDED.planApproved,
      detail: `${shown}, by ${by}`,
      cause: 'on-demand',
      heardAt: at,
      correlationId: `plan-${randomUUID()}`,
    });
    await state.targets.update(target, before => ({ ...before, planOnly: false }));
    await queue.sendPump(target);
  }
  return { plans, released, refused: [...hidden] };
}
