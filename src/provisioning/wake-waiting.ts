import type { Change } from '../identity/change.ts';
import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';
import type { FollowUps } from './follow-ups.ts';
import type { TargetSession } from './target-session.ts';

/**
 * The groups that wait for somebody who has a link by now are looked at again. After a crash the link may exist while
 * the rows for the groups do not, so it is the waiting that is asked for.
 */
export async function wakeWaiting(
  o: { readonly state: State; readonly followUps: FollowUps },
  session: TargetSession,
  change: Change,
  member: Principal,
): Promise<void> {
  const { memberIndex, links } = o.state;
  const target = session.target.id;
  const groups = await memberIndex.groupsWaitingFor(target, member.id);
  if (groups.length === 0 || (await links.get(target, member))?.value.status !== 'linked') return;
  // In the initial load the groups have rows of their own, after those of the people: one write for all of them.
  const rowClass = session.row === 'bulk' ? 'bulk' : 'grant';
  for (const group of groups) {
    await o.followUps.wakeGroup(change, group, { complete: false, rowClass });
    await memberIndex.removePending(target, group, [member.id]);
    // Asked after it has left the list: of two that are linked at the same moment, one finds nobody left.
    if (await memberIndex.awaitsOthers(target, group, member.id)) continue;
    await o.followUps.wakeGroup(change, group, { complete: true, rowClass });
  }
}
