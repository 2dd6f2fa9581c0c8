import { isReservedGroupName } from '../databricks/reserved-groups.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { computedUserPrincipalName } from '../mapping/user.ts';
import { byClaim } from '../planning/name-precedence.ts';
import type { HoldKind } from '../state/holds.ts';
import type { Link } from '../state/links.ts';
import type { State } from '../state/state.ts';

export interface NameConflict {
  readonly kind: HoldKind;
  readonly ids: string[];
  readonly cause: string;
}

/**
 * Decides about a wanted name that is reserved, or that another link claims. Such a name is never taken over: a live
 * holder is looked at first, since he may be about to give it up; the name of a leaver waits for a person.
 */
export class NameConflicts {
  readonly #state: State;
  readonly #directory: GraphDirectory;

  constructor(state: State, directory: GraphDirectory) {
    this.#state = state;
    this.#directory = directory;
  }

  /**
   * Undefined when `p` may have the name.
   * @throws {RetryLater} when the holder is being renamed, after a look at him was made sure of.
   */
  async check(target: string, p: Principal, name: string): Promise<NameConflict | undefined> {
    if (p.kind === 'group' && isReservedGroupName(name)) {
      return { kind: 'protected-name', ids: [], cause: 'the name is reserved by Databricks' };
    }
    const holder = await this.#state.links.holderOfName(target, p.kind, name);
    if (holder?.id === p.id) return undefined;
    if (holder === undefined) return this.#elder(target, p, name);
    const link = (await this.#state.links.get(target, holder))?.value;
    if (link === undefined) return undefined;
    const reUse: NameConflict = {
      kind: 'identity-re-use',
      ids: [holder.id],
      cause: 'the name belongs to another Entra object that has left',
    };
    if (hasLeft(link)) return reUse;
    const current = await this.#currentName(holder);
    if (current === undefined) return reUse;
    if (foldName(current) === foldName(name)) {
      return { kind: 'name-in-use', ids: [holder.id], cause: 'another Entra object has the same name' };
    }
    // A userName cannot be given up: Databricks does not change it.
    if (p.kind === 'user') return reUse;
    return this.#afterRename(target, p, holder, current);
  }

  /**
   * The group with the better claim to a name that nobody has yet, where an audit found several that want it. Whose
   * look comes first must not decide.
   */
  async #elder(target: string, p: Principal, name: string): Promise<NameConflict | undefined> {
    if (p.kind !== 'group' || !(await this.#state.holds.isHeld(target, p, 'name-in-use'))) return undefined;
    const assigned = new Set([p.id, ...(await this.#state.assignments.assignedGroups())]);
    const groups = [...(await this.#directory.getGroups([...assigned])).values()];
    const [first] = groups
      .filter(group => group !== undefined)
      .filter(({ displayName }) => foldName(displayName ?? '') === foldName(name))
      .sort(byClaim);
    if (first === undefined || first.id === p.id) return undefined;
    return { kind: 'name-in-use', ids: [first.id], cause: 'an older group has the same name' };
  }

  async #afterRename(
    target: string,
    p: Principal,
    holder: Principal,
    current: string,
  ): Promise<NameConflict> {
    const own = (await this.#state.links.get(target, p))?.value.name;
    if (own !== undefined && foldName(own) === foldName(current)) {
      return { kind: 'name-in-use', ids: [holder.id], cause: 'two groups have swapped their names' };
    }
    await this.#state.backlog.put(
      {
        target,
        principal: holder,
        cause: 'follow-up',
        notBefore: now(),
        heardAt: now(),
        correlationId: crypto.randomUUID(),
      },
      'attribute',
    );
    throw new RetryLater('the name is being given up by another group', { afterMs: 5_000 });
  }

  async #currentName(holder: Principal): Promise<string | undefined> {
    if (holder.kind === 'user') {
      const user = await this.#directory.getUser(holder.id);
      return user && computedUserPrincipalName(user.userPrincipalName);
    }
    return (await this.#directory.getGroup(holder.id))?.displayName ?? undefined;
  }
}

/** Leavers keep their link as a tombstone: somebody else's deletion, or an account that we switched off. */
function hasLeft(link: Link): boolean {
  return link.status === 'gone' || link.written.active === false;
}
