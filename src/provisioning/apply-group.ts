import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { HoldKind } from '../state/holds.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import { isManaged } from './aim-watch.ts';
import { applyGroupResource } from './apply-group-resource.ts';
import type { MemberApplier, WantedMembers } from './apply-members.ts';
import type { LookHold, ResourceApplier } from './apply-resource.ts';
import { deleteGroup } from './delete-group.ts';
import type { FollowUps } from './follow-ups.ts';
import { forgetHolds } from './forget-holds.ts';
import { hiddenMembers, keptByResource, nestingCut } from './group-holds.ts';
import type { GroupNames } from './group-names.ts';
import { asGroup, GroupNeighbours } from './group-neighbours.ts';
import { kinds } from './kinds.ts';
import { decideGroupLeave, noteLeaving } from './leaver.ts';
import type { GroupLook, GroupReader } from './look-group.ts';
import { askForAudit, type InScope, leaveMembers } from './managed-groups.ts';
import { cutNesting } from './nesting-cuts.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Policy } from './policy.ts';
import { type ResolvedMembers, resolveMembers } from './resolve-members.ts';
import type { SourceAccess } from './source-evidence.ts';
import { gateOf, TargetClosed } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';
import { wakeWaiting } from './wake-waiting.ts';

type Left = GroupLook & { state: 'left' };

/** One look at a group: its resource, its members, and the groups above it. */
export class GroupApplier {
  readonly #o: {
    readonly state: State;
    readonly source: SourceAccess;
    readonly reader: GroupReader;
    readonly resources: ResourceApplier;
    readonly names: GroupNames;
    readonly members: MemberApplier;
    readonly followUps: FollowUps;
    readonly policy: Policy;
  };
  readonly #neighbours: GroupNeighbours;

  constructor(o: {
    state: State;
    source: SourceAccess;
    reader: GroupReader;
    resources: ResourceApplier;
    names: GroupNames;
    members: MemberApplier;
    followUps: FollowUps;
    policy: Policy;
  }) {
    this.#o = o;
    this.#neighbours = new GroupNeighbours(o);
  }

  async apply(session: TargetSession, change: Change): Promise<Outcome> {
    const { state, reader, followUps } = this.#o;
    const link = await state.links.get(session.target.id, change.principal);
    const look = await reader.look(session.target.id, change.principal, link !== undefined);
    if (look.state === 'irrelevant') {
      await forgetHolds(state, session, change.principal);
      return { result: 'irrelevant', writes: [], lookAgain: false, holds: [] };
    }
    // A member of a nested group is a member of the groups above: they are looked at whatever becomes of this one.
    // All of them are found from here, so a look that follows from this one goes no further: nesting may be circular.
    const rowClass = session.row === 'revoke' ? 'revoke' : 'grant';
    if (change.cause !== 'follow-up' && change.cause !== 'audit') {
      await followUps.look(change, look.ancestors.map(asGroup), rowClass);
    }
    return look.state === 'inScope'
      ? this.#inScope(session, change, look, link)
      : this.#left(session, change, look, link);
  }

  async #inScope(
    session: TargetSession,
    change: Change,
    look: InScope,
    link: LinkRow | undefined,
  ): Promise<Outcome> {
    const { state, policy } = this.#o;
    const target = session.target.id;
    const p = change.principal;
    const known = await state.targets.recent(target);
    const gate = gateOf(known);
    const managed = isManaged(known, session.target);
    if (gate === 'revoking' && link === undefined)
      throw new TargetClosed('the target takes revocations only');
    await noteLeaving(state, target, p, link, undefined);
    const present = await state.holds.kindsOf(target, p);
    const at = { gate, link, managed, present };
    const { applied, failure } = await applyGroupResource(this.#o, session, change, look, at);
    if (applied.link?.value.status !== 'linked') {
      await state.memberIndex.sleepEverywhere(target, p.id);
      // Held, or failed: its members are in scope all the same.
      if (gate === 'open') await this.#neighbours.follow(session, change, look);
      return { ...outcomeOf(applied.writes, applied.held, applied.unsettled), unfinished: failure };
    }
    await wakeWaiting(this.#o, session, change, p);
    if (look.hidden) {
      await this.#hold(session, p, hiddenMembers);
      const held: HoldKind[] = [...applied.held, 'hidden-membership'];
      return { ...outcomeOf(applied.writes, held, applied.unsettled), unfinished: failure };
    }
    if (managed)
      return leaveMembers({ state, policy, neighbours: this.#neighbours }, session, change, look, {
        applied,
        link: applied.link,
        failure,
        gate,
      });
    const { kept, circular, tooDeep } = await cutNesting(this.#o.source, target, p, look.members);
    const cut = [...circular, ...tooDeep];
    if (cut.length > 0) await this.#hold(session, p, nestingCut(cut, circular.length > 0));
    const members = await resolveMembers(state, target, kept);
    const isClosed = gate === 'revoking' || applied.held.includes('protected-name');
    // While only revocations are taken, members are compared as if those already written were all that is wanted.
    const wanted = isClosed ? await this.#alreadyWritten(target, applied.link, members) : members.linked;
    if (gate === 'open') await this.#neighbours.notePending(session, change, members);
    if (policy.nesting.descendants)
      await this.#neighbours.lookBelow(session, change, applied.link, look.nested);
    const written = await this.#writeMembers(session, change, applied.link, {
      wanted,
      kinds: members.kinds,
      nested: look.nested,
      takenAway: members.takenAway,
      cut,
      groupLeft: false,
    });
    const held = [...applied.held, ...written.held, ...(cut.length > 0 ? (['nesting-cut'] as const) : [])];
    await state.holds.withdrawOf(target, p, present, [...held, ...keptByResource]);
    return {
      ...outcomeOf([...applied.writes, ...written.writes], held, applied.unsettled || written.lookAgain),
      deferred: gate === 'revoking',
      unfinished: written.unfinished ?? failure,
      ...((await state.memberIndex.pendingOf(target, p.id)).length > 0 ? { result: 'pending' as const } : {}),
    };
  }

  /** A group that left keeps its resource and its name; by default it loses the members that we added. */
  async #left(
    session: TargetSession,
    change: Change,
    look: Left,
    link: LinkRow | undefined,
  ): Promise<Outcome> {
    const { state, resources, policy } = this.#o;
    const target = session.target.id;
    const p = change.principal;
    const rule = policy.lifecycle.groups[look.event];
    const managed = isManaged(await state.targets.recent(target), session.target);
    // Without removals from it, only a comparison finds those whose accounts it was the reason for. Once.
    if (managed && link?.value.leaving === undefined) await askForAudit(state, target);
    const decision = await decideGroupLeave(state, target, p, link, { rule, event: look.event });
    const present = await state.holds.kindsOf(target, p);
    const applied = await resources.apply(session, p, kinds.group, { set: {} }, { managed, present });
    // Whatever its members were held for went with the assignment; a stale hold would keep others' access as well.
    await state.holds.withdrawOf(target, p, present, [
      ...applied.held,
      ...keptByResource,
      'group-deletion',
      'removal-limit',
    ]);
    if (applied.link === undefined) await state.memberIndex.sleepEverywhere(target, p.id, true);
    if (look.entitles !== undefined && gateOf(await state.targets.recent(target)) === 'open')
      await this.#neighbours.follow(session, change, look.entitles);
    const stays =
      decision === 'keep' || decision === 'wait' || policy.protectedObjectIds.has(p.id.toLowerCase());
    if (applied.link?.value.status !== 'linked' || stays || managed)
      return outcomeOf(applied.writes, applied.held, applied.unsettled);
    if (look.entitles === undefined) await this.#neighbours.forgetPending(target, p.id);
    const nested = look.entitles?.nested ?? [];
    if (policy.nesting.descendants) await this.#neighbours.lookBelow(session, change, applied.link, nested);
    const written = await this.#writeMembers(session, change, applied.link, {
      wanted: {},
      kinds: {},
      // Still below it as far as its assignment goes: what changes there has to reach it.
      nested,
      takenAway: [],
      cut: [],
      groupLeft: true,
    });
    const writes = [...applied.writes, ...written.writes];
    const held: HoldKind[] = [...applied.held, ...written.held];
    if (written.held.length === 0) await state.holds.withdrawKind(target, p, 'removal-limit');
    if (
      decision === 'delete' &&
      written.held.length === 0 &&
      written.unfinished === undefined &&
      !written.lookAgain
    ) {
      const deleted = await deleteGroup(state, session, p);
      writes.push(...deleted.writes);
      held.push(...deleted.held);
    }
    const lookAgain = applied.unsettled || written.lookAgain;
    return { ...outcomeOf(writes, held, lookAgain), unfinished: written.unfinished };
  }

  #writeMembers(
    session: TargetSession,
    change: Change,
    link: LinkRow,
    wish: Pick<WantedMembers, 'wanted' | 'kinds' | 'nested' | 'takenAway' | 'cut' | 'groupLeft'>,
  ) {
    const { scimId, lastWriteAt } = link.value;
    return this.#o.members.apply(session, change, {
      groupId: change.principal.id,
      scimGroupId: scimId ?? '',
      lastWriteAt,
      ...wish,
    });
  }

  async #alreadyWritten(
    target: string,
    link: LinkRow,
    { linked }: ResolvedMembers,
  ): Promise<Record<string, string>> {
    const { value } = await this.#o.state.records.read(target, link.value.scimId ?? '');
    return Object.fromEntries(Object.entries(linked).filter(([id]) => id in value.members));
  }

  async #hold(session: TargetSession, principal: Principal, hold: LookHold): Promise<void> {
    await this.#o.state.holds.hold(session.target.id, { ...hold, ids: [...hold.ids], principal }, now());
  }
}
