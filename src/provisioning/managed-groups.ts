import { randomUUID } from 'node:crypto';
import type { Change } from '../identity/change.ts';
import type { Permanent } from '../identity/errors.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { AppliedResource } from './apply-resource.ts';
import { keptByResource } from './group-holds.ts';
import type { GroupNeighbours } from './group-neighbours.ts';
import type { GroupLook } from './look-group.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Policy } from './policy.ts';
import type { Gate } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

export type InScope = GroupLook & { state: 'inScope' };

/**
 * Where identities are managed automatically, the account keeps the members of its groups up by itself and refuses ours:
 * who belongs to the group gets his account, and the record of what we wrote stays as it is, for the day when the members
 * are ours again.
 */
export async function leaveMembers(
  o: { readonly state: State; readonly policy: Policy; readonly neighbours: GroupNeighbours },
  session: TargetSession,
  change: Change,
  look: InScope,
  found: { applied: AppliedResource; link: LinkRow; failure: Permanent | undefined; gate: Gate },
): Promise<Outcome> {
  const { applied, link, failure, gate } = found;
  if (gate === 'open') await o.neighbours.follow(session, change, look);
  if (o.policy.nesting.descendants) await o.neighbours.lookBelow(session, change, link, look.nested);
  const { target, principal } = change;
  await o.state.holds.withdraw(target, principal, [...applied.held, ...keptByResource]);
  const outcome = outcomeOf(applied.writes, applied.held, applied.unsettled);
  return { ...outcome, deferred: gate === 'revoking', unfinished: failure };
}

/** Has the target compared as a whole, soon. */
export async function askForAudit(state: State, target: string): Promise<void> {
  const auditDue = `a group whose members are managed automatically left the scope (${randomUUID()})`;
  await state.targets.update(target, before => ({ ...before, auditDue }));
}
