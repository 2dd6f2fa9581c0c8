import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { Permanent } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { HoldKind } from '../state/holds.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import { isManaged } from './aim-watch.ts';
import type { AppliedResource, ResourceApplier } from './apply-resource.ts';
import { assignmentHolds } from './assignment-holds.ts';
import type { AccountDecider } from './decide-account.ts';
import { deleteAccount } from './delete-account.ts';
import type { FollowUps } from './follow-ups.ts';
import { forgetHolds } from './forget-holds.ts';
import { kinds } from './kinds.ts';
import type { AccountLook, AccountReader } from './look-account.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { gateOf, refuseUnlessRevoking } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';
import { wakeWaiting } from './wake-waiting.ts';

/** One look at a user or service principal: read, decide, write the difference, and wake the groups that it concerns. */
export class AccountApplier {
  readonly #o: {
    readonly state: State;
    readonly reader: AccountReader;
    readonly resources: ResourceApplier;
    readonly followUps: FollowUps;
    readonly decider: AccountDecider;
  };

  constructor(o: {
    state: State;
    reader: AccountReader;
    resources: ResourceApplier;
    followUps: FollowUps;
    decider: AccountDecider;
  }) {
    this.#o = o;
  }

  async apply(session: TargetSession, change: Change): Promise<Outcome> {
    const { state, reader, resources } = this.#o;
    const target = session.target.id;
    const p = change.principal;
    const link = await state.links.get(target, p);
    const look = await reader.look(target, p, link !== undefined);
    if (look.state === 'irrelevant') {
      await forgetHolds(state, session, p);
      return { result: 'irrelevant', writes: [], lookAgain: false, holds: [] };
    }
    // Whether somebody is disabled is seen by one read, whatever his groups hide.
    if (look.state === 'hidden' && look.account.accountEnabled) return this.#holdHidden(session, change);
    const present = await state.holds.kindsOf(target, p);
    if (look.state !== 'deleted') await state.holds.withdrawOf(target, p, present, keptBy(look));
    const known = await state.targets.recent(target);
    const managed = isManaged(known, session.target);
    const gate = gateOf(known);
    const decided = await this.#o.decider.decide(session, p, look, { link, managed, gate });
    const { wanted, remove, deferred, failure } = decided;
    refuseUnlessRevoking(gate, wanted, link);
    await this.#wakeBefore(change, look, link);
    // A create whose answer was lost is found out about first, and switched off until it can be deleted; so is an account
    // whose predecessor is still on, which nothing but its link knows of.
    const mayDelete =
      link?.value.status === 'linked' && link.value.former?.some(({ active }) => active) !== true;
    let applied: AppliedResource;
    try {
      applied =
        remove === true && mayDelete
          ? await deleteAccount(state, session, p)
          : await resources.apply(session, p, kinds[p.kind], wanted, { ...decided, managed, present });
    } catch (error) {
      // What the target refuses for good does not keep anybody in the workspaces, which come next.
      if (!(error instanceof Permanent) || link === undefined) throw error;
      return { ...outcomeOf([], [], false), deferred, unfinished: failure ?? error };
    }
    if (look.state !== 'inScope' && present.has('removal-limit') && !applied.held.includes('removal-limit'))
      await state.holds.withdrawKind(target, p, 'removal-limit');
    // Brought back by approval: its groups left its membership as it was.
    const isRestored = link?.value.status === 'gone' && applied.link?.value.status === 'linked';
    if (isRestored) await this.#wakeGroups(change, look);
    await this.#wakeAfter(session, change, look, applied.link);
    // Without a link to come, the groups that want him write their others without waiting.
    if (applied.link === undefined)
      await state.memberIndex.sleepEverywhere(target, p.id, look.state === 'left');
    const lookAgain = applied.unsettled || (remove === true && applied.link?.value.status === 'linked');
    return { ...outcomeOf(applied.writes, applied.held, lookAgain), deferred, unfinished: failure };
  }

  /**
   * Somebody who comes back gets his memberships back: none of his groups is told by any feed. Durable before the
   * write, since afterwards nothing shows any more that he was away.
   */
  async #wakeBefore(change: Change, look: AccountLook, link: LinkRow | undefined): Promise<void> {
    if (link?.value.status !== 'linked') return;
    if (link.value.written.active !== false && link.value.intent?.attributes.active === undefined) return;
    await this.#wakeGroups(change, look);
  }

  async #wakeGroups(change: Change, look: AccountLook): Promise<void> {
    if (look.state !== 'inScope' || !look.account.accountEnabled) return;
    const { links, assignments } = this.#o.state;
    const groups: Principal[] = [];
    for (const id of look.memberOf) {
      const group: Principal = { kind: 'group', id };
      const concerns =
        (await links.get(change.target, group)) !== undefined || (await assignments.has(group));
      if (concerns) groups.push(group);
    }
    await this.#o.followUps.look(change, groups, 'grant');
  }

  async #wakeAfter(
    session: TargetSession,
    change: Change,
    look: AccountLook,
    link: LinkRow | undefined,
  ): Promise<void> {
    const { state, followUps } = this.#o;
    if (look.state === 'deleted') {
      // A soft-deleted member does not show up as a removed one in any feed of his groups.
      const groups = await state.memberIndex.groupsOf(session.target.id, change.principal.id);
      await followUps.look(
        change,
        groups.map(id => ({ kind: 'group', id })),
        'revoke',
      );
    } else if (look.state === 'inScope' && look.account.accountEnabled) {
      // In scope and kept off all the same: his groups would ask for him again, and he for them, without end.
      if (link?.value.written.active === false)
        await state.memberIndex.sleepEverywhere(session.target.id, change.principal.id, true);
      else await wakeWaiting(this.#o, session, change, change.principal);
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

/**
 * What somebody who left is held for is the guard's, for as long as he is away; and an account of somebody disabled that
 * we know nothing of is the audit's, which alone sees it.
 */
function keptBy(look: Exclude<AccountLook, { state: 'irrelevant' | 'deleted' }>): readonly HoldKind[] {
  const kept: HoldKind[] = [...keptByResource];
  if (look.state === 'left') kept.push('removal-limit');
  if (!look.account.accountEnabled) kept.push('unknown-in-source');
  return kept;
}

/** Holds about the resource itself; the applier decides about them. */
const keptByResource = [
  'proposed-adoption',
  'refused-adoption',
  'ambiguous-match',
  'identity-re-use',
  'name-in-use',
  'protected-name',
  'user-name-change',
  'name-passed-on',
  'missing-values',
  'role-removal-limit',
  'deleted-in-target',
  'managed-identities',
  ...assignmentHolds,
] as const;
