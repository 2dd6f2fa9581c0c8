import { MAX_ADDS_PER_PATCH, MAX_OPERATIONS_PER_PATCH, RESOURCE_LIMITS } from '../databricks/limits.ts';
import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import { type Permanent, RetryLater } from '../identity/errors.ts';
import type { Logger } from '../identity/logger.ts';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import {
  isReplaced,
  type MemberPatch,
  type Members,
  memberPatches,
  membershipDifference,
} from '../planning/membership-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { MembershipRecord, StoredRecord } from '../state/memberships.ts';
import type { State } from '../state/state.ts';
import { leftOut } from './assert-room.ts';
import type { FollowUps } from './follow-ups.ts';
import { MemberRemovals, memberOf } from './member-removals.ts';
import { type FullMember, MembershipRoom } from './membership-room.ts';
import type { Write } from './outcome.ts';
import { patchMembers, refusal } from './patch-members.ts';
import { closed, dueGrants, opened } from './record-changes.ts';
import type { RemovalGuard } from './removal-guard.ts';
import { INTENT_SETTLES_MS } from './resource-run.ts';
import type { SourceAccess } from './source-evidence.ts';
import type { TargetSession } from './target-session.ts';
import { SECOND_READ_AFTER_MS } from './update-resource.ts';

export interface WantedMembers {
  readonly groupId: string;
  readonly scimGroupId: string;
  /** Linked members only. */
  readonly wanted: Members;
  /** Kind of each wanted member, by Entra id. */
  readonly kinds: Readonly<Record<string, PrincipalKind>>;
  readonly nested: readonly string[];
  /** Members whose account somebody else took away in the target: their membership is left as it is. */
  readonly takenAway: readonly string[];
  /** Groups that the source does hold in this one, and that are left out because they hold it in their turn. */
  readonly cut: readonly string[];
  /** The group's own assignment ended or it was deleted, by two reads: its members need no further evidence. */
  readonly groupLeft: boolean;
  readonly lastWriteAt: number | undefined;
}

export interface AppliedMembers {
  readonly writes: readonly Write[];
  readonly held: readonly HoldKind[];
  readonly lookAgain: boolean;
  /** Members that the target refused or has no room for, or whose grant waits for a second read. */
  readonly unfinished: RetryLater | Permanent | undefined;
}

/** What became of one PATCH. */
interface Written {
  readonly stored: StoredRecord;
  /** As it was sent; undefined when there was nothing to send. */
  readonly sent: MemberPatch | undefined;
  readonly unsettled: boolean;
  readonly refusal: RetryLater | undefined;
  readonly full: readonly FullMember[];
}

/** Brings the members of one group to what is wanted, by differences against our own record. */
export class MemberApplier {
  readonly #state: State;
  readonly #followUps: FollowUps;
  readonly #removals: MemberRemovals;
  readonly #room: MembershipRoom;

  constructor(o: { source: SourceAccess; followUps: FollowUps; guard: RemovalGuard; log: Logger }) {
    this.#state = o.source.state;
    this.#followUps = o.followUps;
    this.#removals = new MemberRemovals(o);
    this.#room = new MembershipRoom(o.source.state, o.log);
  }

  async apply(session: TargetSession, origin: Change, wish: WantedMembers): Promise<AppliedMembers> {
    const target = session.target.id;
    let stored = await this.#state.records.read(target, wish.scimGroupId);
    const difference = membershipDifference(wish.wanted, stored.value);
    const candidates = Object.fromEntries(
      Object.entries(difference.remove).filter(([id]) => !wish.takenAway.includes(id)),
    );
    const removals = await this.#removals.decide(target, wish, stored.value, candidates, origin);
    const grants = dueGrants(stored.value, difference.add);
    stored = await this.#note(target, wish, stored, grants.seen);
    const patches = memberPatches(
      { add: grants.add, remove: { ...removals.remove, ...difference.replaced } },
      { maxAdds: MAX_ADDS_PER_PATCH, maxOperations: MAX_OPERATIONS_PER_PATCH },
    );
    const writes: Write[] = [];
    const full: FullMember[] = [];
    let unsettled = false;
    let unfinished: RetryLater | undefined =
      Object.keys(grants.seen).length > 0 ? waitsForSecondRead() : undefined;
    for (const patch of patches) {
      const written = await this.#write(session, origin, wish, stored, patch);
      stored = written.stored;
      unsettled ||= written.unsettled;
      unfinished ??= written.refusal;
      full.push(...written.full);
      const { sent } = written;
      if (sent === undefined) continue;
      writes.push({
        action: 'members',
        scimId: wish.scimGroupId,
        detail: `+${Object.keys(sent.add).length} -${Object.keys(sent.remove).length}`,
      });
    }
    // Whoever leaves another group is looked at, and that look asks who wants him.
    await this.#state.memberIndex.addWanted(
      target,
      wish.groupId,
      full.map(({ principal }) => principal.id),
    );
    if (writes.length === 0) unsettled = await this.#closeIdleIntent(target, wish, stored);
    const { membershipsPerIdentity } = session.target.resourceLimits ?? RESOURCE_LIMITS;
    return {
      writes,
      held: removals.held,
      lookAgain: unsettled || removals.undecided > 0,
      // What can be tried again comes first: the rest is said when that is through.
      unfinished: unfinished ?? leftOut(full, membershipsPerIdentity),
    };
  }

  /**
   * Remembers the nesting and first sightings, when they changed. What the record names below the group has an edge at
   * every moment: edges come before it and go after it, since a look makes up for nothing but what the record lacks. One
   * that is left over by a crash only costs looks.
   */
  async #note(
    target: string,
    wish: WantedMembers,
    stored: StoredRecord,
    seen: Record<string, number>,
  ): Promise<StoredRecord> {
    const { nested, grantSeen } = stored.value;
    const before = new Set(nested);
    const after = new Set(wish.nested);
    await this.#state.nesting.remember(
      target,
      wish.groupId,
      wish.nested.filter(id => !before.has(id)),
      now(),
    );
    const same = before.size === after.size && wish.nested.every(id => before.has(id));
    if (same && Object.keys(seen).length === 0 && Object.keys(grantSeen).length === 0) return stored;
    const next = await this.#state.records.write(target, wish.scimGroupId, stored, {
      ...stored.value,
      nested: [...wish.nested],
      grantSeen: seen,
    });
    await this.#state.nesting.forget(
      target,
      wish.groupId,
      nested.filter(id => !after.has(id)),
    );
    return next;
  }

  async #write(
    session: TargetSession,
    origin: Change,
    wish: WantedMembers,
    stored: StoredRecord,
    wanted: MemberPatch,
  ): Promise<Written> {
    const target = session.target.id;
    session.admit('patch', Object.keys(wanted.remove).length > 0 ? 'revoke' : 'grant');
    const kindOf = (id: string): PrincipalKind => wish.kinds[id] ?? memberOf(stored.value, id).kind;
    const { add, full } = await this.#room.reserve(session, wish.groupId, wanted.add, kindOf);
    const patch: MemberPatch = { add, remove: wanted.remove };
    if (Object.keys(add).length + Object.keys(patch.remove).length === 0)
      return { stored, sent: undefined, unsettled: false, refusal: undefined, full };
    const open = await this.#state.records.write(target, wish.scimGroupId, stored, {
      ...opened(stored.value, patch, session.epoch),
      kinds: kindsAfter(stored.value, patch, wish.kinds),
    });
    const { done, refused } = await patchMembers(
      session,
      wish.scimGroupId,
      patch,
      wish.lastWriteAt ?? stored.value.lastWriteAt,
    );
    const removed = Object.keys(done.remove).filter(id => !isReplaced(id));
    await this.#followUps.look(
      origin,
      removed.map(id => memberOf(open.value, id)),
      'revoke',
    );
    const { record, unsettled } = closed(stored.value, open.value, { sent: patch, done });
    const next = await this.#state.records.write(target, wish.scimGroupId, open, record);
    // Refused, and no members as far as we know: they take none of the places that the target gives each of them.
    const outside = Object.keys(refused).filter(id => !Object.hasOwn(record.members, id));
    await this.#state.memberIndex.removeMembers(target, wish.groupId, [...removed, ...outside]);
    const failure = refusal(refused);
    if (failure !== undefined) {
      const doubtful = Object.keys(refused)
        .filter(id => !isReplaced(id))
        .map(id => memberOf(open.value, id));
      await this.#doubt(target, doubtful);
      await this.#followUps.look(origin, doubtful, 'attribute');
    }
    return { stored: next, sent: patch, unsettled, refusal: failure, full };
  }

  /** Whoever cannot be added may be gone from the target: his next look asks for it by a harmless write. */
  async #doubt(target: string, members: readonly Principal[]): Promise<void> {
    for (const p of members) {
      const row = await this.#state.links.get(target, p);
      if (row?.value.status === 'linked') {
        // What an audit saw differing stays to be written.
        const uncertain = [...new Set([...(row.value.uncertain ?? []), 'externalId'])];
        await this.#state.links.replace(target, row, { ...row.value, uncertain });
      }
    }
  }

  /** True while an open intent is too young to be closed without a write. */
  async #closeIdleIntent(target: string, wish: WantedMembers, stored: StoredRecord): Promise<boolean> {
    const { intent } = stored.value;
    if (intent === undefined) return false;
    if (now() - intent.at < INTENT_SETTLES_MS) return true;
    await this.#state.records.write(target, wish.scimGroupId, stored, { ...stored.value, intent: undefined });
    return false;
  }
}

/** Kinds of everybody whom the record and the PATCH name, users left out. */
function kindsAfter(
  { kinds, members, intent }: MembershipRecord,
  patch: MemberPatch,
  wanted: Readonly<Record<string, PrincipalKind>>,
): Record<string, PrincipalKind> {
  const named = { ...members, ...intent?.add, ...intent?.remove, ...patch.add, ...patch.remove };
  const next: Record<string, PrincipalKind> = {};
  for (const id of Object.keys(named)) {
    const kind = wanted[id] ?? kinds[id] ?? 'user';
    if (kind !== 'user') next[id] = kind;
  }
  return next;
}

function waitsForSecondRead(): RetryLater {
  return new RetryLater('a membership right after its removal needs a second read', {
    afterMs: SECOND_READ_AFTER_MS,
  });
}
