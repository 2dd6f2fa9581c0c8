import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { SourceUser } from '../directory/types.ts';
import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';

/** Delta's word that a principal is gone counts only together with a 404 at least this much later. */
export const REMOVAL_CONFIRMED_AFTER_MS = 60_000;

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
  readonly #state: State;
  readonly #directory: GraphDirectory;
  readonly #applicationObjectId: string;
  readonly #readHiddenMembership: boolean;

  constructor(o: {
    state: State;
    directory: GraphDirectory;
    applicationObjectId: string;
    readHiddenMembership: boolean;
  }) {
    this.#state = o.state;
    this.#directory = o.directory;
    this.#applicationObjectId = o.applicationObjectId;
    this.#readHiddenMembership = o.readHiddenMembership;
  }

  /** @throws {RetryLater} while the source's answers do not allow a conclusion. */
  async look(target: string, p: Principal): Promise<UserLook> {
    const link = await this.#state.links.get(target, p);
    const relevant =
      link !== undefined ||
      (await this.#state.memberIndex.isAwaited(target, p.id)) ||
      (await this.#state.assignments.has(p));
    if (!relevant) return { state: 'irrelevant' };
    const user = await this.#directory.getUser(p.id);
    if (user === undefined) return this.#absent(p, link !== undefined);
    const assigned = await this.#state.assignments.assignedGroups();
    const [own, memberOf] = await Promise.all([
      this.#directory.listOwnAssignments(p, this.#applicationObjectId),
      this.#directory.listTransitiveMemberOf(p),
    ]);
    const inGroups = memberOf.filter(group => assigned.includes(group));
    if ((own?.length ?? 0) > 0 || inGroups.length > 0) return { state: 'inScope', user, groups: inGroups };
    // Nobody loses anything by a wrong answer about somebody who was never provisioned.
    if (link === undefined) return { state: 'outOfScope', user };
    return this.#confirmOutOfScope(p, user, assigned);
  }

  async #absent(p: Principal, linked: boolean): Promise<UserLook> {
    if ((await this.#directory.getDeleted(p.id)) !== undefined) return { state: 'deleted' };
    if (!linked) return { state: 'irrelevant' };
    const seenAt = await this.#state.removals.seenAt(p);
    if (seenAt === undefined)
      throw new RetryLater('a user is not found, and nothing says that he was deleted');
    const wait = seenAt + REMOVAL_CONFIRMED_AFTER_MS - now();
    if (wait > 0) throw new RetryLater('a deletion waits for its second read', { afterMs: wait });
    return { state: 'deleted' };
  }

  async #confirmOutOfScope(p: Principal, user: SourceUser, assigned: readonly string[]): Promise<UserLook> {
    if (await this.#state.assignments.has(p)) throw disagreement('assignments');
    const still = await this.#directory.checkMemberGroups(p, assigned);
    if (still === undefined) throw new RetryLater('a user vanished between two reads');
    if (still.length > 0) throw disagreement('memberships');
    if (!this.#readHiddenMembership && (await this.#anyHidden(assigned))) return { state: 'hidden', user };
    return { state: 'outOfScope', user };
  }

  /** Lists and checks leave out groups with hidden membership, silently: then absence says nothing. */
  async #anyHidden(assigned: readonly string[]): Promise<boolean> {
    const groups = await this.#directory.getGroups(assigned);
    return [...groups.values()].some(group => group?.visibility === 'HiddenMembership');
  }
}

function disagreement(what: string): RetryLater {
  return new RetryLater(`two reads of a user's ${what} disagree`, { afterMs: 60_000 });
}
