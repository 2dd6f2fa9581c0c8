import { principalKey } from '../identity/principal.ts';
import type { PlanItem } from '../planning/picture.ts';
import { assignmentHolds } from '../provisioning/assignment-holds.ts';
import { type Hold, type HoldKind, isOpenHold } from '../state/holds.ts';
import type { OperationsContext } from './context.ts';
import type { DeadLetterGroup } from './dead-letters.ts';

/** Something that a target would need to become what the source says, and that nobody is asked about. */
export interface Difference extends PlanItem {
  readonly target: string;
}

/** The full comparison of every target with the source. */
export interface Convergence {
  /** No difference that is not held, and no dead letter. True with open holds: these are somebody's to decide. */
  readonly converged: boolean;
  readonly differences: readonly Difference[];
  /** Open holds. */
  readonly held: number;
  readonly deadLetters: readonly DeadLetterGroup[];
}

/**
 * Reads source and targets completely, and writes nothing.
 * @throws whatever keeps a single read from its end: half a comparison proves nothing.
 */
export async function compareAll(
  {
    state,
    targets,
    audit,
    assignments,
  }: Pick<OperationsContext, 'state' | 'targets' | 'audit' | 'assignments'>,
  deadLetters: () => Promise<DeadLetterGroup[]>,
): Promise<Convergence> {
  const differences: Difference[] = [];
  let held = 0;
  for (const target of targets) {
    const { items } = await audit.plan(target, await assignments.list());
    const holds = (await state.holds.list(target.id))
      .map(({ value }) => value)
      .filter(({ approvedAt }) => approvedAt === undefined);
    held += holds.filter(isOpenHold).length;
    const uncovered = items.filter(item => !holds.some(hold => covers(hold, item)));
    differences.push(...uncovered.map(item => ({ ...item, target: target.id })));
  }
  const letters = await deadLetters();
  return {
    converged: differences.length === 0 && letters.length === 0,
    differences,
    held,
    deadLetters: letters,
  };
}

/** Whether a hold explains a difference: same principal, and it keeps back just that. */
function covers(hold: Hold, item: PlanItem): boolean {
  if (principalKey(hold.principal) !== principalKey(item.principal)) return false;
  if (item.action === 'update') return coversUpdate(hold, item.detail);
  if (item.action === 'members') {
    return (
      hold.kind === 'hidden-membership' ||
      ((hold.kind === 'large-shrink' || hold.kind === 'removal-limit') &&
        item.detail.every(id => hold.ids.includes(id)))
    );
  }
  return coveredBy[item.action].includes(hold.kind);
}

const nameHolds: readonly HoldKind[] = ['name-in-use', 'identity-re-use', 'protected-name'];

const coveredBy: Readonly<Record<Exclude<PlanItem['action'], 'update' | 'members'>, readonly HoldKind[]>> = {
  create: [
    ...nameHolds,
    'proposed-adoption',
    'refused-adoption',
    'ambiguous-match',
    'missing-values',
    'managed-identities',
  ],
  adopt: [],
  'propose-adoption': [...nameHolds, 'proposed-adoption'],
  'refuse-adoption': [...nameHolds, 'refused-adoption'],
  'ambiguous-match': [...nameHolds, 'ambiguous-match'],
  'name-in-use': nameHolds,
  'protected-name': ['protected-name'],
  'missing-in-target': ['deleted-in-target'],
  'switched-off-in-target': ['deleted-in-target'],
  deactivate: ['hidden-membership', 'removal-limit'],
  'unknown-in-source': ['unknown-in-source'],
  'assign-workspace': assignmentHolds,
  'unassign-workspace': ['last-admin', 'assignment-removal-limit'],
};

/** A name that is held does not excuse the other attributes. */
function coversUpdate({ kind, ids }: Hold, detail: readonly string[]): boolean {
  if (kind === 'role-removal-limit') return detail.every(name => ids.includes(name));
  if (kind === 'user-name-change') return detail.every(name => name === 'userName');
  if (kind === 'name-passed-on') return true;
  return nameHolds.includes(kind) && detail.every(name => name === 'displayName');
}
