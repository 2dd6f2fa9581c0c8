import { isReservedGroupName } from '../databricks/reserved-groups.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { sourceReader } from '../mapping/source-attributes.ts';
import { kindTraits } from '../planning/kind-traits.ts';
import { byClaim } from '../planning/name-precedence.ts';
import type { HoldKind } from '../state/holds.ts';
import type { Link } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { Policy } from './policy.ts';
import { readAccount } from './source-account.ts';

export interface NameConflict {
  readonly kind: HoldKind;
  readonly ids: string[];
  readonly cause: string;
  /** Of groups that want each other's names, this one takes another name for a moment, so that they can be passed on. */
  readonly givesWay?: true;
}

/** Longest circle of groups that want each other's names. */
const LONGEST_CIRCLE = 20;

/**
 * Decides about a wanted name that is reserved, or that another link claims. Such a name is never taken over: a live
 * holder is looked at first, since he may be about to give it up; the name of a leaver waits for a person.
 */
export class NameConflicts {
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #policy: Pick<Policy, 'mappings' | 'isProtectedGroupName' | 'groupNameConflict'>;

  constructor(
    state: State,
    directory: GraphDirectory,
    policy: Pick<Policy, 'mappings' | 'isProtectedGroupName' | 'groupNameConflict'>,
  ) {
    this.#state = state;
    this.#directory = directory;
    this.#policy = policy;
  }

  /**
   * Undefined when `p` may have the name.
   * @throws {RetryLater} when the holder is being renamed, after a look at him was made sure of.
   */
  async check(target: string, p: Principal, name: string): Promise<NameConflict | undefined> {
    const protection = p.kind === 'group' ? this.protection(name) : undefined;
    if (protection !== undefined) return protection;
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
    // Such a name cannot be given up: Databricks does not change it.
    if (kindTraits[p.kind].nameIsImmutable) return reUse;
    return this.#afterRename(target, p, holder, current);
  }

  /** Undefined when a group may have the name, as far as nobody else has it. */
  protection(name: string): NameConflict | undefined {
    if (isReservedGroupName(name))
      return { kind: 'protected-name', ids: [], cause: 'the name is reserved by Databricks' };
    if (this.#policy.isProtectedGroupName(name))
      return { kind: 'protected-name', ids: [], cause: 'the configuration protects the name' };
    return undefined;
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

  /** The holder is being renamed. Its look is made sure of; where it waits for us in its turn, one has to give way. */
  async #afterRename(
    target: string,
    p: Principal,
    holder: Principal,
    current: string,
  ): Promise<NameConflict> {
    const { groups, end } = await this.#chain(target, p, holder, current);
    if (end === 'kept') {
      const cause = 'another group has the name, and cannot get the one that it is to have';
      return { kind: 'name-in-use', ids: groups.map(({ id }) => id), cause };
    }
    const circle = end === 'circle' ? groups : undefined;
    if (circle?.every(({ id }) => p.id <= id)) {
      const cause = "groups have taken each other's names";
      return { kind: 'name-in-use', ids: circle.map(({ id }) => id), cause, givesWay: true };
    }
    const [next] = circle === undefined ? [holder] : [...circle].sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.#state.backlog.put(
      {
        target,
        principal: next ?? holder,
        cause: 'follow-up',
        notBefore: now(),
        heardAt: now(),
        correlationId: crypto.randomUUID(),
      },
      'attribute',
    );
    throw new RetryLater('the name is being given up by another group', { afterMs: 5_000 });
  }

  /**
   * The groups of which each wants the name that the next one has, and what becomes of the last one's: it is free, it
   * is ours (a circle), or whoever has it keeps it, and with it everybody in the chain the name that he has.
   */
  async #chain(
    target: string,
    p: Principal,
    holder: Principal,
    current: string,
  ): Promise<{ readonly groups: Principal[]; readonly end: 'free' | 'circle' | 'kept' }> {
    const groups = [holder];
    for (let wanted = current; groups.length < LONGEST_CIRCLE; ) {
      if (isReservedGroupName(wanted) || this.#policy.isProtectedGroupName(wanted))
        return { groups, end: 'kept' };
      const next = await this.#state.links.holderOfName(target, 'group', wanted);
      if (next?.id === p.id) return { groups, end: 'circle' };
      // Of a circle without us, somebody gives way.
      if (next === undefined || groups.some(({ id }) => id === next.id)) break;
      const link = (await this.#state.links.get(target, next))?.value;
      const name = link === undefined || hasLeft(link) ? undefined : await this.#currentName(next);
      if (name === undefined) return { groups, end: 'kept' };
      if (foldName(name) === foldName(wanted)) {
        // With a suffix the last one goes on to another name all the same.
        return { groups, end: this.#policy.groupNameConflict === 'suffix' ? 'free' : 'kept' };
      }
      groups.push(next);
      wanted = name;
    }
    return { groups, end: 'free' };
  }

  /** The name that the holder wants as of now; undefined when the source does not know him. */
  async #currentName(holder: Principal): Promise<string | undefined> {
    const properties =
      holder.kind === 'group'
        ? (await this.#directory.getGroup(holder.id))?.properties
        : (await readAccount(this.#directory, holder))?.properties;
    if (properties === undefined) return undefined;
    const read = sourceReader(holder.kind, properties, { isSoftDeleted: false, appRoles: [] });
    const name = this.#policy.mappings[holder.kind].map(read).create[kindTraits[holder.kind].nameAttribute];
    return typeof name === 'string' ? name : undefined;
  }
}

/** Leavers keep their link as a tombstone: somebody else's deletion, an account that we switched off, a group out of scope. */
function hasLeft({ status, written, principal, leaving }: Link): boolean {
  return (
    status === 'gone' || written.active === false || (principal.kind === 'group' && leaving !== undefined)
  );
}
