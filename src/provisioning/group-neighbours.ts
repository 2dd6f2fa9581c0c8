import type { Change, RowClass } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { FollowUps } from './follow-ups.ts';
import type { GroupContent } from './look-group.ts';
import { notePending } from './note-pending.ts';
import { type ResolvedMembers, resolveMembers } from './resolve-members.ts';
import type { TargetSession } from './target-session.ts';

/** Whom a look at a group concerns besides it: members who wait for a link, and the groups below it. */
export class GroupNeighbours {
  readonly #state: State;
  readonly #followUps: FollowUps;

  constructor(o: { state: State; followUps: FollowUps }) {
    this.#state = o.state;
    this.#followUps = o.followUps;
  }

  /** Groups that came below this one, or are no longer below it, come into scope or leave it: no feed says so. */
  async lookBelow(
    session: TargetSession,
    change: Change,
    link: LinkRow,
    nested: readonly string[],
  ): Promise<void> {
    const { value } = await this.#state.records.read(session.target.id, link.value.scimId ?? '');
    const [before, after] = [new Set(value.nested), new Set(nested)];
    const gone = value.nested.filter(id => !after.has(id));
    const come = nested.filter(id => !before.has(id));
    await this.#followUps.look(change, gone.map(asGroup), 'revoke');
    await this.#state.nesting.remember(session.target.id, change.principal.id, come, now());
    await this.#followUps.look(change, come.map(asGroup), grantRow(session));
  }

  /**
   * Members without a link: those who may be created are looked at, and wake the group when they are linked. Disabled
   * ones are only remembered, so that the event that enables them is not taken for an irrelevant one. Members who had
   * left the scope, and come back with this group, are told by no feed either.
   */
  async notePending(session: TargetSession, change: Change, members: ResolvedMembers): Promise<void> {
    const pending = [...members.pending, ...members.switchedOff];
    const { disabled } = members;
    // Each is asked once: his look asks for this group in its turn, and the two must not chase each other.
    const group = change.principal.id;
    await notePending(this.#state.memberIndex, session.target.id, group, { pending, disabled }, unasked =>
      this.#followUps.look(
        change,
        unasked.map(id => ({ kind: members.kinds[id] ?? 'user', id })),
        grantRow(session),
      ),
    );
  }

  /**
   * The members of a group that has no resource, or none that is kept up: what entitles them is its assignment. They
   * are followed as if they were to be written into it.
   */
  async follow(session: TargetSession, change: Change, { members, nested }: GroupContent): Promise<void> {
    const group = change.principal.id;
    const target = session.target.id;
    const come: string[] = [];
    for (const id of nested)
      if (!(await this.#state.nesting.ancestorsOf(target, id)).includes(group)) come.push(id);
    await this.#followUps.look(change, come.map(asGroup), grantRow(session));
    await this.#state.nesting.remember(target, group, come, now());
    await this.notePending(session, change, await resolveMembers(this.#state, target, members));
  }

  async forgetPending(target: string, group: string): Promise<void> {
    const { memberIndex } = this.#state;
    const waiting = [
      ...(await memberIndex.pendingOf(target, group)),
      ...(await memberIndex.asleepIn(target, group)).keys(),
    ];
    await memberIndex.removePending(target, group, waiting);
  }
}

export function asGroup(id: string): Principal {
  return { kind: 'group', id };
}

/** In the initial load everybody has a row of its own. */
function grantRow(session: TargetSession): RowClass {
  return session.row === 'bulk' ? 'bulk' : 'grant';
}
