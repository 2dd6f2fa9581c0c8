import type { SourceUser } from '../directory/types.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import { assertDeleted, type SourceAccess } from './source-evidence.ts';

export type UserLook =
  /** Nothing we keep concerns him; found without asking the source. */
  | { readonly state: 'irrelevant' }
  | { readonly state: 'deleted' }
  | { readonly state: 'outOfScope'; readonly user: SourceUser }
  /** Out of scope as far as we may see, but groups with hidden membership are assigned. */
  | { readonly state: 'hidden'; readonly user: SourceUser }
  | {
      readonly state: 'inScope';
      readonly user: SourceUser;
      /** Assigned groups that he is in, nested or not. */
      readonly groups: readonly string[];
    };

/** Reads a user as the source holds him now, and whether he is in scope. Absence is believed only when two reads agree. */
export class UserReader {
  readonly #o: SourceAccess;

  constructor(o: SourceAccess) {
    this.#o = o;
  }

  /** @throws {RetryLater} while the source's answers do not allow a conclusion. */
  async look(target: string, p: Principal): Promise<UserLook> {
    const link = await this.#o.state.links.get(target, p);
    const relevant =
      link !== undefined ||
      (await this.#o.state.memberIndex.isAwaited(target, p.id)) ||
      (await this.#o.state.assignments.has(p));
    if (!relevant) return { state: 'irrelevant' };
    const user = await this.#o.directory.getUser(p.id);
    if (user === undefined) return this.#absent(p, link !== undefined);
    const assigned = await this.#o.state.assignments.assignedGroups();
    const [own, memberOf] = await Promise.all([
      this.#o.directory.listOwnAssignments(p, this.#o.applicationObjectId),
      this.#o.directory.listTransitiveMemberOf(p),
    ]);
    const inGroups = memberOf.filter(group => assigned.includes(group));
    if ((own?.length ?? 0) > 0 || inGroups.length > 0) return { state: 'inScope', user, groups: inGroups };
    if (link === undefined) return { state: 'outOfScope', user };
    return this.#confirmOutOfScope(target, p, user, { memberOf, assigned });
  }

  async #absent(p: Principal, linked: boolean): Promise<UserLook> {
    // Nobody loses anything by a wrong answer about somebody who was never provisioned.
    if (!linked) return { state: 'irrelevant' };
    await assertDeleted(this.#o, p);
    return { state: 'deleted' };
  }

  async #confirmOutOfScope(
    target: string,
    p: Principal,
    user: SourceUser,
    { memberOf, assigned }: { memberOf: readonly string[]; assigned: readonly string[] },
  ): Promise<UserLook> {
    if (await this.#o.state.assignments.has(p)) throw disagreement('assignments');
    const groups = await this.#assignedSinceThePoll(memberOf);
    if (groups.length > 0) return { state: 'inScope', user, groups };
    const still = await this.#o.directory.checkMemberGroups(p, assigned);
    if (still === undefined) throw new RetryLater('a user vanished between two reads');
    if (still.length > 0) throw disagreement('memberships');
    if (!this.#o.readHiddenMembership && (await this.#anyHidden(target, assigned)))
      return { state: 'hidden', user };
    return { state: 'outOfScope', user };
  }

  /** What we store of the assignments is as old as the last poll: he may have moved to a group assigned since. */
  async #assignedSinceThePoll(memberOf: readonly string[]): Promise<string[]> {
    if (memberOf.length === 0) return [];
    const listed = await this.#o.directory.listAssignments(this.#o.applicationObjectId);
    const groups = new Set(listed.map(({ principal }) => principal.id));
    return memberOf.filter(group => groups.has(group));
  }

  /** Lists and checks leave out groups with hidden membership, silently: then absence says nothing. */
  async #anyHidden(target: string, assigned: readonly string[]): Promise<boolean> {
    // One that is nested somewhere was met by the look at the assigned group above it.
    if (await this.#o.state.holds.anyGroup(target, 'hidden-membership')) return true;
    const groups = await this.#o.directory.getGroups(assigned);
    return [...groups.values()].some(group => group?.visibility === 'HiddenMembership');
  }
}

function disagreement(what: string): RetryLater {
  return new RetryLater(`two reads of a user's ${what} disagree`, { afterMs: 60_000 });
}
