import type { Change } from '../identity/change.ts';
import { now } from '../identity/clock.ts';
import type { Logger } from '../identity/logger.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import { isLargeShrink, type Members } from '../planning/membership-plan.ts';
import type { HoldKind } from '../state/holds.ts';
import type { MembershipRecord } from '../state/memberships.ts';
import type { State } from '../state/state.ts';
import { namingWorkspaces, workspacesOf } from './lost-workspaces.ts';
import { confirmRemovals } from './removal-evidence.ts';
import { BEYOND_LIMIT, type RemovalGuard } from './removal-guard.ts';
import type { SourceAccess } from './source-evidence.ts';

/** The group that is about to lose members. */
interface Losing {
  readonly groupId: string;
  /** The group's own assignment ended or it was deleted, by two reads: its members need no further evidence. */
  readonly groupLeft: boolean;
  /** Groups that the source does hold in this one, and that are left out because they hold it in their turn. */
  readonly cut: readonly string[];
}

/** What of the candidates may go now. */
interface Removals {
  readonly remove: Members;
  readonly held: readonly HoldKind[];
  readonly undecided: number;
}

/** Decides which members a group loses now, and holds what is not believed without a person. */
export class MemberRemovals {
  readonly #state: State;
  readonly #source: SourceAccess;
  readonly #guard: RemovalGuard;
  readonly #log: Logger;
  /** Groups whose list is known to lack many of its members, by target. */
  readonly #doubted = new Set<string>();

  constructor(o: { source: SourceAccess; guard: RemovalGuard; log: Logger }) {
    this.#state = o.source.state;
    this.#source = o.source;
    this.#guard = o.guard;
    this.#log = o.log;
  }

  /** Which of the candidates may go now: each with a second read, and not too many at once. */
  async decide(
    target: string,
    wish: Losing,
    record: MembershipRecord,
    candidates: Members,
    origin: Change,
  ): Promise<Removals> {
    const recorded = Object.keys(record.members).length;
    if (Object.keys(candidates).length === 0) {
      this.#sayDoubt(origin, 0, recorded);
      return { remove: candidates, held: [], undecided: 0 };
    }
    if (wish.groupLeft) return this.#guarded(target, origin, candidates, Object.keys(candidates), 0);
    // Nesting that we leave out by decision is not missing in the source: there is no absence to confirm.
    const { mirror } = this.#source.policy.nesting;
    const isLeftOut = (id: string): boolean =>
      memberOf(record, id).kind === 'group' && (!mirror || wish.cut.includes(id));
    const evidence = await confirmRemovals(
      this.#source,
      wish.groupId,
      Object.keys(candidates)
        .filter(id => !isLeftOut(id))
        .map(id => memberOf(record, id)),
    );
    const confirmed = Object.fromEntries(
      Object.entries(candidates).filter(([id]) => isLeftOut(id) || evidence.confirmed.has(id)),
    );
    const { principal } = origin;
    const approved = await this.#state.holds.approvedIds(target, principal, 'large-shrink');
    const suspicious = [...evidence.confirmed].filter(id => !evidence.leavers.has(id) && !approved.has(id));
    this.#sayDoubt(origin, evidence.undecided, recorded);
    if (!isLargeShrink(suspicious.length, recorded, this.#source.policy.shrink)) {
      const byScope = [...evidence.confirmed].filter(id => !evidence.leavers.has(id));
      return this.#guarded(target, origin, confirmed, byScope, evidence.undecided);
    }
    const cause = await this.#naming(origin, 'the group lost many members in one look');
    await this.#state.holds.hold(target, { kind: 'large-shrink', principal, ids: suspicious, cause }, now());
    return {
      remove: without(confirmed, suspicious),
      held: ['large-shrink'],
      undecided: evidence.undecided,
    };
  }

  /** Tells, once, of a list that lacks many who say themselves that they are members. Nobody loses anything by it. */
  #sayDoubt({ target, principal }: Change, undecided: number, recorded: number): void {
    const key = `${target}|${principalKey(principal)}`;
    if (!isLargeShrink(undecided, recorded, this.#source.policy.shrink)) {
      this.#doubted.delete(key);
      return;
    }
    if (this.#doubted.has(key)) return;
    this.#doubted.add(key);
    const fields = { target, principal: principalKey(principal), missing: undecided, recorded };
    this.#log.error('members-disagree', fields);
  }

  /** All of those who left by scope, or none of them: what goes beyond the limits waits for a person. */
  async #guarded(
    target: string,
    origin: Change,
    remove: Members,
    byScope: readonly string[],
    undecided: number,
  ): Promise<Removals> {
    const { principal } = origin;
    const approved = await this.#state.holds.approvedIds(target, principal, 'large-shrink');
    const ids = byScope.filter(id => !approved.has(id));
    if (ids.length === 0 || (await this.#guard.admits(target, principal, 'memberships', ids)))
      return { remove, held: [], undecided };
    const cause = await this.#naming(origin, BEYOND_LIMIT);
    await this.#state.holds.hold(target, { kind: 'removal-limit', principal, ids, cause }, now());
    return { remove: without(remove, ids), held: ['removal-limit'], undecided };
  }

  /** Who approves it is to know what else goes: nobody says so of each member. */
  async #naming({ target, principal }: Change, cause: string): Promise<string> {
    const workspaces = await workspacesOf(this.#state, target, principal);
    return namingWorkspaces(cause, 'unless they have it otherwise, the listed members lose', workspaces);
  }
}

function without(members: Members, ids: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([id]) => !ids.includes(id)));
}

/** Members are users unless the record says otherwise. */
export function memberOf({ kinds }: MembershipRecord, id: string): Principal {
  return { kind: kinds[id] ?? 'user', id };
}
