import { History } from './history.ts';

/** Who is a direct member of which group, and was when. Knows nothing of whether the two exist. */
export class Memberships {
  readonly #members = new Map<string, Map<string, History<true>>>();
  /** member id -> ids of the groups it is or ever was in */
  readonly #groups = new Map<string, Set<string>>();

  set(at: number, groupId: string, memberId: string, present: boolean): void {
    const members = this.#members.get(groupId) ?? new Map<string, History<true>>();
    this.#members.set(groupId, members);
    const history = members.get(memberId) ?? new History<true>();
    members.set(memberId, history);
    history.push(at, present ? true : undefined);
    this.#groups.set(memberId, (this.#groups.get(memberId) ?? new Set<string>()).add(groupId));
  }

  has(groupId: string, memberId: string, at: number): boolean {
    return this.#members.get(groupId)?.get(memberId)?.asOf(at) === true;
  }

  membersOf(groupId: string, at: number): string[] {
    return [...(this.#members.get(groupId) ?? [])].filter(([, h]) => h.asOf(at)).map(([id]) => id);
  }

  groupsOf(memberId: string, at: number): string[] {
    return [...(this.#groups.get(memberId) ?? [])].filter(groupId => this.has(groupId, memberId, at));
  }
}
