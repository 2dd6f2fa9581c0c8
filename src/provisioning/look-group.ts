import { Absent } from '../directory/errors.ts';
import type { SourceGroup, SourceMember } from '../directory/types.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { assertDeleted, type SourceAccess } from './source-evidence.ts';

export type GroupLook =
  | { readonly state: 'irrelevant' }
  | { readonly state: 'deleted'; readonly ancestors: readonly string[] }
  | { readonly state: 'outOfScope'; readonly ancestors: readonly string[] }
  | {
      readonly state: 'inScope';
      readonly group: SourceGroup;
      readonly users: readonly SourceMember[];
      readonly nested: readonly string[];
      /** The group, or one below it, hides its members from us: what is missing says nothing. */
      readonly hidden: boolean;
      readonly ancestors: readonly string[];
    };

/** Reads a group, its members and its place in the nesting as the source holds them now. */
export class GroupReader {
  readonly #o: SourceAccess;

  constructor(o: SourceAccess) {
    this.#o = o;
  }

  /** @throws {RetryLater} while the source's answers do not allow a conclusion. */
  async look(target: string, p: Principal): Promise<GroupLook> {
    const link = await this.#o.state.links.get(target, p);
    const listed = await this.#o.state.assignments.has(p);
    const remembered = await this.#o.state.nesting.ancestorsOf(p.id);
    if (link === undefined && !listed && remembered.length === 0) return { state: 'irrelevant' };
    const group = await this.#o.directory.getGroup(p.id);
    if (group === undefined) return this.#absent(p, link !== undefined, remembered);
    const own = (await this.#o.directory.listOwnAssignments(p, this.#o.applicationObjectId)) ?? [];
    const ancestors = await this.#ancestors(p, remembered);
    if (own.length === 0) {
      if (listed) throw new RetryLater("two reads of a group's assignments disagree", { afterMs: 60_000 });
      return link === undefined && ancestors.length === 0
        ? { state: 'irrelevant' }
        : { state: 'outOfScope', ancestors };
    }
    return this.#inScope(p, group, ancestors);
  }

  async #inScope(p: Principal, group: SourceGroup, ancestors: readonly string[]): Promise<GroupLook> {
    let members: SourceMember[];
    try {
      members = await this.#o.directory.listTransitiveMembers(p.id);
    } catch (error) {
      if (error instanceof Absent)
        throw new RetryLater('a group vanished between two reads', { cause: error });
      throw error;
    }
    const nested = members.filter(member => member.kind === 'group' && member.id !== p.id);
    const anyHidden =
      group.visibility === 'HiddenMembership' || nested.some(member => member.hiddenMembership);
    return {
      state: 'inScope',
      group,
      users: members.filter(member => member.kind === 'user'),
      nested: nested.map(member => member.id),
      hidden: anyHidden === true && !this.#o.readHiddenMembership,
      ancestors,
    };
  }

  async #absent(p: Principal, linked: boolean, ancestors: readonly string[]): Promise<GroupLook> {
    if (linked) await assertDeleted(this.#o, p);
    return { state: 'deleted', ancestors };
  }

  /** Assigned groups above: as remembered, and as the source shows them now. */
  async #ancestors(p: Principal, remembered: readonly string[]): Promise<string[]> {
    const assigned = await this.#o.state.assignments.assignedGroups();
    const above = await this.#o.directory.listTransitiveMemberOf(p);
    return [...new Set([...remembered, ...above.filter(id => assigned.includes(id))])].filter(
      id => id !== p.id,
    );
  }
}
