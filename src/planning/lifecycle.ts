/** How a user or service principal can lose what it has, as far as the source can tell it apart. */
export const leaveEvents = ['unassigned', 'filteredOut', 'disabled', 'softDeleted', 'hardDeleted'] as const;
export type LeaveEvent = (typeof leaveEvents)[number];

/** How a group can leave. */
export const groupLeaveEvents = ['unassigned', 'filteredOut', 'deleted'] as const;
export type GroupLeaveEvent = (typeof groupLeaveEvents)[number];

/** What follows from an event, `graceMs` after it began. A return before that cancels it. */
export interface LeaveRule<Action extends string = 'deactivate' | 'delete' | 'keep'> {
  readonly action: Action;
  readonly graceMs: number;
}
export type GroupLeaveRule = LeaveRule<'removeMembers' | 'delete' | 'keep'>;

export interface LifecyclePolicy {
  readonly users: Readonly<Record<LeaveEvent, LeaveRule>>;
  readonly servicePrincipals: Readonly<Record<LeaveEvent, LeaveRule>>;
  readonly groups: Readonly<Record<GroupLeaveEvent, GroupLeaveRule>>;
}

/** Kept with the link of somebody who left: since when he is away, and what took him away last. */
export interface Leaving {
  readonly event: LeaveEvent | GroupLeaveEvent;
  /** Milliseconds since the epoch. Another event while he is away does not start his grace period anew. */
  readonly since: number;
}

export interface LeaveDecision<Action extends string> {
  readonly leaving: Leaving;
  /** `wait`: nothing is taken away before `until`. */
  readonly action: Action | 'wait';
  /** Set for `wait`: when the grace period ends (ms). */
  readonly until?: number;
}

/** What to do now about somebody who is away because of `event`. */
export function decideLeave<Action extends string>(
  rule: LeaveRule<Action>,
  event: Leaving['event'],
  before: Leaving | undefined,
  now: number,
): LeaveDecision<Action> {
  const leaving: Leaving = { event, since: before?.since ?? now };
  const until = leaving.since + rule.graceMs;
  if (rule.action !== 'keep' && now < until) return { leaving, action: 'wait', until };
  return { leaving, action: rule.action };
}

/** Whether what the target holds of a leaver is as the policy wants it to be while he is away. */
export function mayStay(
  rule: LeaveRule<string> | undefined,
  leaving: Leaving | undefined,
  now: number,
): boolean {
  if (rule === undefined || leaving === undefined) return false;
  return rule.action === 'keep' || now < leaving.since + rule.graceMs;
}
