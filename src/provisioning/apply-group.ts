import { forEachAtOnce } from '../identity/at-once.ts';
import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import { mapGroup } from '../mapping/group.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { MemberApplier, WantedMembers } from './apply-members.ts';
import type { ResourceApplier } from './apply-resource.ts';
import type { FollowUps } from './follow-ups.ts';
import { forgetHolds } from './forget-holds.ts';
import { kinds } from './kinds.ts';
import type { GroupLook, GroupReader } from './look-group.ts';
import { notePending } from './note-pending.ts';
import type { Outcome } from './outcome.ts';
import { gateOf, TargetClosed } from './target-gate.ts';
import type { TargetSession } from './target-session.ts';

type InScope = GroupLook & { state: 'inScope' };

/** The users of a group by what can be done about each: Entra ids, and the SCIM ids of those who are linked. */
interface ResolvedMembers {
  readonly linked: Record<string, string>;
  /** Without a link, and enabled: to be created first. */
  readonly pending: readonly string[];
  /** Without a link, and disabled: not created. */
  readonly disabled: readonly string[];
  /** Linked, switched off by us, and enabled in the source. */
  readonly switchedOff: readonly string[];
  /** Somebody else took the account away in the target. */
  readonly takenAway: readonly string[];
}

/** One look at a group: its resource, its members, and the groups above it. */
export class GroupApplier {
  readonly #state: State;
  readonly #reader: GroupReader;
  readonly #resources: ResourceApplier;
  readonly #members: MemberApplier;
  readonly #followUps: FollowUps;

  constructor(o: {
    state: State;
    reader: GroupReader;
    resources: ResourceApplier;
    members: MemberApplier;
    followUps: FollowUps;
  }) {
    this.#state = o.state;
    this.#reader = o.reader;
    this.#resources = o.resources;
    this.#members = o.members;
    this.#followUps = o.followUps;
  }

  async apply(session: TargetSession, change: Change): Promise<Outcome> {
    const target = session.target.id;
    const look = await this.#reader.look(target, change.principal);
    if (look.state === 'irrelevant') {
      await forgetHolds(this.#state, session, change.principal);
      return { result: 'irrelevant', writes: [], lookAgain: false, holds: [] };
    }
    // A member of a nested group is a member of the groups above: they are looked at whatever becomes of this one.
    // All of them are found from here, so a look that follows from this one goes no further: nesting may be circular.
    const rowClass = session.row === 'revoke' ? 'revoke' : 'grant';
    if (change.cause !== 'follow-up' && change.cause !== 'audit') {
      await this.#followUps.look(
        change,
        look.ancestors.map(id => ({ kind: 'group', id })),
        rowClass,
      );
    }
    return look.state === 'inScope' ? this.#inScope(session, change, look) : this.#left(session, change);
  }

  async #inScope(session: TargetSession, change: Change, look: InScope): Promise<Outcome> {
    const target = session.target.id;
    const attributes = mapGroup(look.group);
    const gate = gateOf(await this.#state.targets.read(target));
    const linked = await this.#state.links.get(target, change.principal);
    if (gate === 'revoking' && linked === undefined)
      throw new TargetClosed('the target takes revocations only');
    const wanted: Wanted =
      attributes === undefined || gate === 'revoking'
        ? { set: {} }
        : { create: { ...attributes }, set: { ...attributes } };
    const applied = await this.#resources.apply(session, change.principal, kinds.group, wanted);
    if (applied.link?.value.status !== 'linked')
      return outcome(applied.writes, applied.held, applied.unsettled);
    if (look.hidden) {
      await this.#hold(
        session,
        change.principal,
        'hidden-membership',
        'the group, or one nested in it, hides its members',
      );
      return outcome(applied.writes, [...applied.held, 'hidden-membership'], applied.unsettled);
    }
    const members = await this.#resolveMembers(target, look);
    // While only revocations are taken, members are compared as if those already written were all that is wanted.
    const known =
      gate === 'revoking' ? await this.#alreadyWritten(target, applied.link, members.linked) : members.linked;
    if (gate === 'open') await this.#notePending(session, change, look, members);
    const written = await this.#writeMembers(session, change, applied.link, {
      wanted: known,
      nested: look.nested,
      takenAway: members.takenAway,
      groupLeft: false,
    });
    const held = [...applied.held, ...written.held];
    await this.#state.holds.withdraw(target, change.principal, [...held, ...keptByResource]);
    return {
      ...outcome([...applied.writes, ...written.writes], held, applied.unsettled || written.lookAgain),
      deferred: gate === 'revoking',
      unfinished: written.unfinished,
      ...(members.pending.length > 0 ? { result: 'pending' as const } : {}),
    };
  }

  /** A group that left keeps its resource and its name; it loses the members that we added. */
  async #left(session: TargetSession, change: Change): Promise<Outcome> {
    const target = session.target.id;
    const applied = await this.#resources.apply(session, change.principal, kinds.group, { set: {} });
    // Whatever its members were held for went with the assignment; a stale hold would keep others' access as well.
    await this.#state.holds.withdraw(target, change.principal, [...applied.held, ...keptByResource]);
    if (applied.link?.value.status !== 'linked')
      return outcome(applied.writes, applied.held, applied.unsettled);
    await this.#forgetPending(target, change.principal.id);
    const written = await this.#writeMembers(session, change, applied.link, {
      wanted: {},
      nested: [],
      takenAway: [],
      groupLeft: true,
    });
    const held = [...applied.held, ...written.held];
    return {
      ...outcome([...applied.writes, ...written.writes], held, applied.unsettled || written.lookAgain),
      unfinished: written.unfinished,
    };
  }

  #writeMembers(
    session: TargetSession,
    change: Change,
    link: LinkRow,
    wish: Pick<WantedMembers, 'wanted' | 'nested' | 'takenAway' | 'groupLeft'>,
  ) {
    const { scimId, lastWriteAt } = link.value;
    return this.#members.apply(session, change, {
      groupId: change.principal.id,
      scimGroupId: scimId ?? '',
      lastWriteAt,
      ...wish,
    });
  }

  /** Splits the users of the source's list by what can be done about each of them now. */
  async #resolveMembers(target: string, look: InScope): Promise<ResolvedMembers> {
    const linked: Record<string, string> = {};
    const pending: string[] = [];
    const disabled: string[] = [];
    const switchedOff: string[] = [];
    const takenAway: string[] = [];
    await forEachAtOnce(look.users, READS_AT_ONCE, async user => {
      const link = (await this.#state.links.get(target, { kind: 'user', id: user.id }))?.value;
      if (link?.status === 'linked' && link.scimId !== undefined) {
        linked[user.id] = link.scimId;
        if (link.written.active === false && user.accountEnabled === true) switchedOff.push(user.id);
      } else if (link?.status === 'gone') takenAway.push(user.id);
      else if (user.accountEnabled === false) disabled.push(user.id);
      else pending.push(user.id);
    });
    return { linked, pending, disabled, switchedOff, takenAway };
  }

  async #alreadyWritten(
    target: string,
    link: LinkRow,
    linked: Record<string, string>,
  ): Promise<Record<string, string>> {
    const { value } = await this.#state.records.read(target, link.value.scimId ?? '');
    return Object.fromEntries(Object.entries(linked).filter(([id]) => id in value.members));
  }

  /**
   * Members without a link: those who may be created are looked at, and wake the group when they are linked. Disabled
   * ones are only remembered, so that the event that enables them is not taken for an irrelevant one. Members who had
   * left the scope, and come back with this group, are told by no feed either.
   */
  async #notePending(
    session: TargetSession,
    change: Change,
    look: InScope,
    members: ResolvedMembers,
  ): Promise<void> {
    const target = session.target.id;
    const group = look.group.id;
    const pending = [...members.pending, ...members.switchedOff];
    const { disabled } = members;
    const rowClass = session.row === 'bulk' ? 'bulk' : 'grant';
    // Each is asked once: his look asks for this group in its turn, and the two must not chase each other.
    await notePending(this.#state.memberIndex, target, group, { pending, disabled }, unasked =>
      this.#followUps.look(
        change,
        unasked.map(id => ({ kind: 'user', id })),
        rowClass,
      ),
    );
  }

  async #forgetPending(target: string, group: string): Promise<void> {
    const { memberIndex } = this.#state;
    const waiting = [
      ...(await memberIndex.pendingOf(target, group)),
      ...(await memberIndex.asleepIn(target, group)),
    ];
    await memberIndex.removePending(target, group, waiting);
  }

  async #hold(session: TargetSession, p: Principal, kind: HoldKind, cause: string): Promise<void> {
    await this.#state.holds.hold(session.target.id, { kind, principal: p, ids: [], cause }, now());
  }
}

function outcome(writes: Outcome['writes'], holds: readonly HoldKind[], lookAgain: boolean): Outcome {
  return {
    result: holds.length > 0 ? 'held' : writes.length > 0 ? 'applied' : 'unchanged',
    writes,
    holds,
    lookAgain,
  };
}

const keptByResource = [
  'proposed-adoption',
  'refused-adoption',
  'identity-re-use',
  'name-in-use',
  'protected-name',
  'deleted-in-target',
] as const satisfies readonly HoldKind[];

/** Table reads of one look that run at the same time. */
const READS_AT_ONCE = 16;
