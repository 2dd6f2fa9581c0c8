import { RESOURCE_LIMITS } from '../databricks/limits.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import type { Logger } from '../identity/logger.ts';
import { type Principal, type PrincipalKind, principalKey } from '../identity/principal.ts';
import type { Members } from '../planning/membership-plan.ts';
import { isNear } from '../planning/resource-limits.ts';
import type { State } from '../state/state.ts';
import { KeyedMutex } from './keyed-mutex.ts';
import type { TargetSession } from './target-session.ts';

/** Members whose groups are read at the same time. */
const READS_AT_ONCE = 8;

/** Somebody who is a direct member of as many groups as the target lets anybody be. */
export interface FullMember {
  readonly principal: Principal;
  readonly memberships: number;
}

interface Reserved {
  /** Of the adds, those that there is room for. */
  readonly add: Members;
  readonly full: readonly FullMember[];
}

/** What one owner, in one term, knows of a target: by Entra id, the most groups that somebody can be a member of. */
interface Known {
  readonly epoch: number;
  readonly atMost: Map<string, number>;
}

/**
 * Whether the target lets somebody be a member of one more group. Counted are the groups that we write him into; what
 * others put him into is not, and there it is the target that refuses.
 *
 * Nobody is in more groups than there are: in a target of few groups nothing is read. Beyond that, everybody's
 * memberships are read once, and counted up from then on; near the limit they are read each time.
 */
export class MembershipRoom {
  readonly #state: State;
  readonly #log: Logger;
  /** Of a target, one look after the other: two groups must not take the same last place. */
  readonly #turns = new KeyedMutex();
  readonly #known = new Map<string, Known>();
  /** Of whom it was said that he is near the limit, by target. */
  readonly #warned = new Set<string>();

  constructor(state: State, log: Logger) {
    this.#state = state;
    this.#log = log;
  }

  /** Notes in the member index whom the group is about to get, as far as there is room for it. */
  async reserve(
    session: TargetSession,
    group: string,
    add: Members,
    kindOf: (id: string) => PrincipalKind,
  ): Promise<Reserved> {
    const target = session.target.id;
    const { memberIndex, targets } = this.#state;
    const most = (session.target.resourceLimits ?? RESOURCE_LIMITS).membershipsPerIdentity;
    const ids = Object.keys(add);
    // Before the first audit nobody is let in anyway.
    const groups = (await targets.recent(target)).counts?.groups ?? 0;
    if (!isNear(groups, most)) {
      await memberIndex.addMembers(target, group, ids);
      return { add, full: [] };
    }
    return this.#turns.run(target, async () => {
      const full: FullMember[] = [];
      const { atMost } = this.#knownIn(session);
      await forEachAtOnce(ids, READS_AT_ONCE, async id => {
        const bound = (atMost.get(id) ?? most) + 1;
        if (!isNear(bound, most)) {
          atMost.set(id, bound);
          return;
        }
        const memberOf = new Set(await memberIndex.groupsOf(target, id));
        const principal = { kind: kindOf(id), id };
        // Written again, it is no further membership.
        if (memberOf.size >= most && !memberOf.has(group)) {
          full.push({ principal, memberships: memberOf.size });
          return;
        }
        const after = memberOf.add(group).size;
        atMost.set(id, after);
        this.#warn(target, principal, after, most);
      });
      const isFull = new Set(full.map(({ principal: { id } }) => id));
      const kept = Object.entries(add).filter(([id]) => !isFull.has(id));
      await memberIndex.addMembers(
        target,
        group,
        kept.map(([id]) => id),
      );
      return { add: Object.fromEntries(kept), full };
    });
  }

  /** In a new term another owner may have written. */
  #knownIn({ target, epoch }: TargetSession): Known {
    const known = this.#known.get(target.id);
    if (known?.epoch === epoch) return known;
    const fresh: Known = { epoch, atMost: new Map() };
    this.#known.set(target.id, fresh);
    return fresh;
  }

  #warn(target: string, principal: Principal, used: number, most: number): void {
    const key = `${target}|${principalKey(principal)}`;
    if (!isNear(used, most)) this.#warned.delete(key);
    else if (!this.#warned.has(key)) {
      this.#warned.add(key);
      const fields = { target, limit: 'membershipsPerIdentity', used, most };
      this.#log.warn('limit-near', { ...fields, principals: principalKey(principal), concerned: 1 });
    }
  }
}
