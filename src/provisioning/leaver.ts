import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import {
  decideLeave,
  type GroupLeaveEvent,
  type GroupLeaveRule,
  type LeaveDecision,
  type LeaveEvent,
  type LeaveRule,
  type Leaving,
} from '../planning/lifecycle.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';

export type AccountDecision = LeaveDecision<'deactivate' | 'delete' | 'keep'>;

/** The sterner of two decisions wins: somebody unassigned may be disabled as well. */
const STERNNESS = { keep: 0, wait: 1, deactivate: 2, delete: 3 } as const;

/** What the policy wants of an account that left because of `events`, as of now. */
export function decideLeaver(
  rules: Readonly<Record<LeaveEvent, LeaveRule>>,
  events: readonly [LeaveEvent, ...LeaveEvent[]],
  before: Leaving | undefined,
): AccountDecision {
  const [first, ...others] = events.map(event => decideLeave(rules[event], event, before, now()));
  if (first === undefined) throw new RangeError('a leaver without a reason');
  return others.reduce((a, b) => (STERNNESS[b.action] > STERNNESS[a.action] ? b : a), first);
}

/** What the policy wants of a group that left, as of now; noted with its link. */
export async function decideGroupLeave(
  state: State,
  target: string,
  p: Principal,
  link: LinkRow | undefined,
  { rule, event }: { readonly rule: GroupLeaveRule; readonly event: GroupLeaveEvent },
): Promise<LeaveDecision<GroupLeaveRule['action']>['action']> {
  const decision = decideLeave(rule, event, link?.value.leaving, now());
  await noteLeaving(state, target, p, link, decision);
  return decision.action;
}

/**
 * Keeps with the link since when its principal is away, and has it looked at when the grace period ends; clears both
 * for somebody who is back.
 */
export async function noteLeaving(
  state: State,
  target: string,
  p: Principal,
  link: LinkRow | undefined,
  decision: Pick<LeaveDecision<string>, 'leaving' | 'until'> | undefined,
): Promise<void> {
  if (link === undefined) return;
  const before = link.value.leaving;
  const { leaving, until } = decision ?? {};
  // Before the note that it was asked for.
  if (until !== undefined) await state.graces.put(target, p, until);
  else if (before !== undefined) await state.graces.clear(target, p);
  if (before?.event === leaving?.event && before?.since === leaving?.since) return;
  await state.links.replace(target, link, { ...link.value, leaving });
}
