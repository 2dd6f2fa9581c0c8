import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import { mapUser } from '../mapping/user.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { ResourceApplier } from './apply-resource.ts';
import type { FollowUps } from './follow-ups.ts';
import { forgetHolds } from './forget-holds.ts';
import { kinds } from './kinds.ts';
import type { UserLook, UserReader } from './look-user.ts';
import type { Outcome } from './outcome.ts';
import { gateOf, refuseUnlessRevoking } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

/** One look at a user: read, decide, write the difference, and wake the groups that it concerns. */
export class UserApplier {
  readonly #o: {
    readonly state: State;
    readonly reader: UserReader;
    readonly resources: ResourceApplier;
    readonly followUps: FollowUps;
    readonly protectedObjectIds: ReadonlySet<string>;
  };

  constructor(o: {
    state: State;
    reader: UserReader;
    resources: ResourceApplier;
    followUps: FollowUps;
    protectedObjectIds: ReadonlySet<string>;
  }) {
    this.#o = o;
  }

  async apply(session: TargetSession, change: Change): Promise<Outcome> {
    const { state, reader, resources } = this.#o;
    const target = session.target.id;
    const user = change.principal;
    const look = await reader.look(target, user);
    if (look.state === 'irrelevant') {
      await forgetHolds(state, session, user);
      return { result: 'irrelevant', writes: [], lookAgain: false, holds: [] };
    }
    // Whether somebody is disabled is seen by one read, whatever his groups hide.
    if (look.state === 'hidden' && look.user.accountEnabled) return this.#holdHidden(session, change);
    if (look.state !== 'deleted') await state.holds.withdraw(target, user, keptByResource);
    const wanted = this.#wanted(user, look);
    await refuseUnlessRevoking(
      gateOf(await state.targets.read(target)),
      wanted,
      await state.links.get(target, user),
    );
    await this.#wakeBefore(change, look, await state.links.get(target, user));
    const applied = await resources.apply(session, user, kinds.user, wanted);
    await this.#wakeAfter(session, change, look);
    // Who is held has no link to come: the groups that want him write their others without waiting.
    if (applied.held.length > 0 && applied.link === undefined) {
      await state.memberIndex.sleepEverywhere(target, user.id);
    }
    return {
      result: applied.held.length > 0 ? 'held' : applied.writes.length > 0 ? 'applied' : 'unchanged',
      writes: applied.writes,
      lookAgain: applied.unsettled,
      holds: applied.held,
    };
  }

  /** Never-provisioned users who are disabled are not created; everybody else who lost access is switched off. */
  #wanted(user: Principal, look: Exclude<UserLook, { state: 'irrelevant' }>): Wanted {
    if (look.state === 'inScope' && look.user.accountEnabled) {
      const attributes = { ...mapUser(look.user, true) };
      return { create: attributes, set: attributes };
    }
    if (this.#o.protectedObjectIds.has(user.id.toLowerCase())) return { set: {} };
    return { set: { active: false } };
  }

  /**
   * Somebody who comes back gets his memberships back: none of his groups is told by any feed. Durable before the
   * write, since afterwards nothing shows any more that he was away.
   */
  async #wakeBefore(change: Change, look: UserLook, link: LinkRow | undefined): Promise<void> {
    if (look.state !== 'inScope' || !look.user.accountEnabled || link?.value.status !== 'linked') return;
    if (link.value.written.active !== false && link.value.intent?.attributes.active === undefined) return;
    await this.#o.followUps.look(
      change,
      look.groups.map(id => ({ kind: 'group', id })),
      'grant',
    );
  }

  async #wakeAfter(session: TargetSession, change: Change, look: UserLook): Promise<void> {
    const { state, followUps } = this.#o;
    const target = session.target.id;
    const user = change.principal.id;
    if (look.state === 'deleted') {
      // A soft-deleted member does not show up as a removed one in any feed of his groups.
      const groups = await state.memberIndex.groupsOf(target, user);
      await followUps.look(
        change,
        groups.map(id => ({ kind: 'group', id })),
        'revoke',
      );
      return;
    }
    // After a crash the link may exist while the rows for his groups do not, so it is the waiting that is asked for.
    const waiting = await state.memberIndex.groupsWaitingFor(target, user);
    if (waiting.length > 0 && look.state === 'inScope' && look.user.accountEnabled) {
      await this.#wakeWaiting(session, change, user, waiting);
    }
  }

  async #wakeWaiting(
    session: TargetSession,
    change: Change,
    user: string,
    groups: readonly string[],
  ): Promise<void> {
    const { state, followUps } = this.#o;
    const target = session.target.id;
    // In the initial load the groups have rows of their own, after those of the people: one write for all of them.
    const rowClass = session.row === 'bulk' ? 'bulk' : 'grant';
    const link = await state.links.get(target, { kind: 'user', id: user });
    if (link?.value.status !== 'linked') return;
    for (const group of groups) {
      await followUps.wakeGroup(change, group, { complete: false, rowClass });
      await state.memberIndex.removePending(target, group, [user]);
      // Asked after he has left the list: of two who are linked at the same moment, one finds nobody left.
      if (await state.memberIndex.awaitsOthers(target, group, user)) continue;
      await followUps.wakeGroup(change, group, { complete: true, rowClass });
    }
  }

  async #holdHidden(session: TargetSession, change: Change): Promise<Outcome> {
    await this.#o.state.holds.hold(
      session.target.id,
      {
        kind: 'hidden-membership',
        principal: change.principal,
        ids: [],
        cause: 'an assigned group hides its members, so that nobody can be seen to have left it',
      },
      now(),
    );
    return { result: 'held', writes: [], lookAgain: false, holds: ['hidden-membership'] };
  }
}

/** Holds about the resource itself; the applier decides about them. */
const keptByResource = [
  'proposed-adoption',
  'refused-adoption',
  'identity-re-use',
  'name-in-use',
  'protected-name',
  'user-name-change',
  'deleted-in-target',
] as const;
