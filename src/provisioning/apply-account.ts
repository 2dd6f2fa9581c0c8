import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import { type MappedResource, MappingFailure } from '../mapping/attribute-mapping.ts';
import type { LeaveEvent } from '../planning/lifecycle.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import { isManaged } from './aim-watch.ts';
import type { LookHold, ResourceApplier } from './apply-resource.ts';
import { assignmentHolds } from './assignment-holds.ts';
import { deleteAccount } from './delete-account.ts';
import type { FollowUps } from './follow-ups.ts';
import { forgetHolds } from './forget-holds.ts';
import { kinds } from './kinds.ts';
import { decideLeaver, noteLeaving } from './leaver.ts';
import type { AccountLook, AccountReader } from './look-account.ts';
import type { NamePolicy } from './name-policy.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Policy } from './policy.ts';
import { BEYOND_LIMIT, type RemovalGuard } from './removal-guard.ts';
import { isGuest, type SourceAccount } from './source-account.ts';
import { type Gate, gateOf, refuseUnlessRevoking } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';
import { wakeWaiting } from './wake-waiting.ts';

type Relevant = Exclude<AccountLook, { state: 'irrelevant' }>;

interface Known {
  readonly link: LinkRow | undefined;
  /** The account manages its identities automatically. */
  readonly managed: boolean;
  readonly gate: Gate;
}

/** What a look asks of the resource. */
interface Decided {
  readonly wanted: Wanted;
  /** The resource is to be deleted. */
  readonly remove?: true;
  readonly adoptableName?: string;
  /** An account whose name changed is replaced by a new one. */
  readonly replaces?: boolean;
  /** Wanted instead where no new account can be made. */
  readonly otherwise?: Wanted;
  readonly holds: readonly LookHold[];
  /** More is wanted than the target takes for now. */
  readonly deferred?: boolean;
  /** What keeps everything else from being wanted. */
  readonly failure?: MappingFailure;
}

/** One look at a user or service principal: read, decide, write the difference, and wake the groups that it concerns. */
export class AccountApplier {
  readonly #o: {
    readonly state: State;
    readonly reader: AccountReader;
    readonly resources: ResourceApplier;
    readonly followUps: FollowUps;
    readonly names: NamePolicy;
    readonly guard: RemovalGuard;
    readonly policy: Policy;
  };

  constructor(o: {
    state: State;
    reader: AccountReader;
    resources: ResourceApplier;
    followUps: FollowUps;
    names: NamePolicy;
    guard: RemovalGuard;
    policy: Policy;
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
    if (look.state !== 'deleted') await state.holds.withdraw(target, p, keptBy(look.state));
    const known = await state.targets.read(target);
    const managed = isManaged(known, session.target);
    const gate = gateOf(known);
    const decided = await this.#decide(session, p, look, { link, managed, gate });
    const { wanted, remove, deferred, failure } = decided;
    refuseUnlessRevoking(gate, wanted, link);
    await this.#wakeBefore(change, look, link);
    // A create whose answer was lost is found out about first, and switched off until it can be deleted; so is an account
    // whose predecessor is still on, which nothing but its link knows of.
    const mayDelete =
      link?.value.status === 'linked' && link.value.former?.some(({ active }) => active) !== true;
    const applied =
      remove === true && mayDelete
        ? await deleteAccount(state, session, p)
        : await resources.apply(session, p, kinds[p.kind], wanted, { ...decided, managed });
    if (look.state !== 'inScope' && !applied.held.includes('removal-limit'))
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

  /** Never-provisioned accounts that are disabled are not created; what leavers keep is the policy's to say. */
  async #decide(session: TargetSession, p: Principal, look: Relevant, known: Known): Promise<Decided> {
    const { state, policy } = this.#o;
    const { link } = known;
    const target = session.target.id;
    if (look.state === 'inScope' && look.account.accountEnabled) {
      await noteLeaving(state, target, p, link, undefined);
      try {
        return await this.#present(session, look.account, policy.mappings[p.kind].map(look.read), known);
      } catch (error) {
        if (!(error instanceof MappingFailure) || link === undefined) throw error;
        return this.#unmapped(session, look, link, error);
      }
    }
    if (await this.#isProtected(session, p, link)) return { wanted: { set: {} }, holds: [] };
    const rules = p.kind === 'user' ? policy.lifecycle.users : policy.lifecycle.servicePrincipals;
    const decision = decideLeaver(rules, eventsOf(look), link?.value.leaving);
    await noteLeaving(state, target, p, link, decision);
    const goes = decision.action === 'deactivate' || decision.action === 'delete';
    if (goes && !(await this.#mayGo(target, p, look, link))) {
      const ids = [link?.value.scimId ?? ''];
      return { wanted: { set: {} }, holds: [{ kind: 'removal-limit', ids, cause: BEYOND_LIMIT }] };
    }
    switch (decision.action) {
      case 'delete':
        return { wanted: { set: { active: false } }, remove: true, holds: [] };
      case 'deactivate':
        return { wanted: { set: { active: false } }, holds: [] };
      default:
        return { wanted: { set: {} }, holds: [] };
    }
  }

  /** Whoever is disabled or deleted goes at once; who left by scope alone, as far as the guard lets him. */
  #mayGo(
    target: string,
    p: Principal,
    look: Relevant,
    link: LinkRow | undefined,
  ): boolean | Promise<boolean> {
    const isPerson = eventsOf(look).some(event => event !== 'unassigned' && event !== 'filteredOut');
    const { status, scimId, written, intent } = link?.value ?? {};
    const isOff = status === 'linked' && written?.active === false && intent === undefined;
    if (isPerson || isOff || scimId === undefined) return true;
    return this.#o.guard.admits(target, p, 'accounts', [scimId]);
  }

  /** Wanted as mapped, unless his name or a required value keeps him from being written: then he keeps what he has. */
  async #present(
    session: TargetSession,
    account: SourceAccount,
    mapped: MappedResource,
    { link, managed, gate }: Known,
  ): Promise<Decided> {
    const { create, set, missing } = mapped;
    if (link === undefined && mapped.createRefusal !== undefined) throw mapped.createRefusal;
    const mayReplace = this.#o.policy.userNameChange === 'replace' && !managed;
    const holds = await this.#o.names.check(account, mapped, link, mayReplace);
    if (missing.length > 0)
      holds.push({ kind: 'missing-values', ids: [...missing], cause: 'required attributes have no value' });
    // A guest's computed name may be a member's by chance: an existing account of that name is not his for the asking.
    const adoptableName = isGuest(account) ? undefined : account.signInName;
    const isPassedOn = holds.some(({ kind }) => kind === 'name-passed-on');
    // Who we are in the target is asked only where it matters.
    const isProtected = (isPassedOn || mayReplace) && (await this.#isProtected(session, account, link));
    const replaces = mayReplace && !isProtected;
    const off: Wanted = { set: { active: false } };
    // A new account under the new name is what helps; only where none can be made, the old one goes by itself.
    const canReplace = replaces && holds.length === 1;
    if (isPassedOn && canReplace && gate === 'open')
      return { wanted: { create, set }, adoptableName, replaces, otherwise: off, holds: [] };
    if (holds.length === 0) return { wanted: { create, set }, adoptableName, replaces, holds };
    if (isPassedOn && !isProtected) return { wanted: off, holds, deferred: canReplace };
    return { wanted: { set: set.active === undefined ? {} : { active: set.active } }, holds };
  }

  /** What cannot be mapped leaves an account as it is, but not under a name that is somebody else's by now. */
  async #unmapped(
    session: TargetSession,
    { account, read }: Extract<Relevant, { state: 'inScope' }>,
    link: LinkRow,
    failure: MappingFailure,
  ): Promise<Decided> {
    const { names, policy } = this.#o;
    const create = { userName: policy.mappings[account.kind].nameOf(read) };
    const found = await names.check(account, { create, set: {}, match: {}, missing: [] }, link, false);
    const holds = found.filter(({ kind }) => kind === 'name-passed-on');
    if (holds.length === 0 || (await this.#isProtected(session, account, link))) throw failure;
    return { wanted: { set: { active: false } }, holds, failure };
  }

  /** Never switched off, deleted or replaced: by configuration, or because it is how we sign in. */
  async #isProtected(session: TargetSession, p: Principal, link: LinkRow | undefined): Promise<boolean> {
    if (this.#o.policy.protectedObjectIds.has(p.id.toLowerCase())) return true;
    const { own } = session.target;
    if (own === undefined || link === undefined) return false;
    return own.is(link.value, session.request, ask => session.send(ask, { operation: 'get' }));
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

/** Everything that keeps an account out, in one look. */
function eventsOf(look: Relevant): [LeaveEvent, ...LeaveEvent[]] {
  if (look.state === 'deleted') return [look.event];
  const disabled: LeaveEvent[] = look.account.accountEnabled ? [] : ['disabled'];
  return look.state === 'left' ? [look.event, ...disabled] : ['disabled'];
}

/** What somebody who left is held for is the guard's, for as long as he is away. */
function keptBy(state: Relevant['state']): readonly HoldKind[] {
  return state === 'left' ? [...keptByResource, 'removal-limit'] : keptByResource;
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
  'deleted-in-target',
  'managed-identities',
  ...assignmentHolds,
] as const;
