import type { Assignments } from './assignments.ts';
import type { History } from './history.ts';
import type { Memberships } from './memberships.ts';
import type { ObjectKind, StoredAssignment, StoredObject } from './types.ts';

/** Everything with its past. */
interface Past {
  readonly objects: ReadonlyMap<string, History<StoredObject>>;
  readonly memberships: Memberships;
  readonly assignments: Assignments;
}

/** The directory as one replica shows it: the state of one instant. */
export class DirectoryView {
  readonly #store: Past;
  /** Milliseconds since the epoch; infinity for the present. */
  readonly at: number;
  readonly #hiddenShown: boolean;

  constructor(store: Past, at: number, hiddenShown: boolean) {
    this.#store = store;
    this.at = at;
    this.#hiddenShown = hiddenShown;
  }

  /** The object, also when it is in the recycle bin. */
  object(id: string): StoredObject | undefined {
    return this.#store.objects.get(id)?.asOf(this.at);
  }

  live(id: string, kind?: ObjectKind): StoredObject | undefined {
    const object = this.object(id);
    return object && !object.deletedDateTime && (!kind || object.kind === kind) ? object : undefined;
  }

  list(kind: ObjectKind, deleted = false): StoredObject[] {
    const found: StoredObject[] = [];
    for (const history of this.#store.objects.values()) {
      const object = history.asOf(this.at);
      if (object?.kind === kind && (object.deletedDateTime !== null) === deleted) found.push(object);
    }
    return found;
  }

  /** Is the edge stored, whether or not both ends are live? */
  hasEdge(groupId: string, memberId: string): boolean {
    return this.#store.memberships.has(groupId, memberId, this.at);
  }

  /** Members of any kind; those in the recycle bin are not shown. Hidden memberships read as empty. */
  members(groupId: string): StoredObject[] {
    const group = this.live(groupId, 'group');
    if (!group || this.hidesMembers(group)) return [];
    const ids = this.#store.memberships.membersOf(groupId, this.at);
    return ids.map(id => this.live(id)).filter(member => member !== undefined);
  }

  /** Guess: in a nesting cycle a group is its own transitive member. */
  transitiveMembers(groupId: string): StoredObject[] {
    return closure(groupId, id => this.members(id));
  }

  /** Groups whose membership is hidden are silently left out ("list memberOf", permissions section). */
  groups(memberId: string): StoredObject[] {
    const ids = this.#store.memberships.groupsOf(memberId, this.at);
    return ids
      .map(id => this.live(id, 'group'))
      .filter(group => group !== undefined)
      .filter(group => !this.hidesMembers(group));
  }

  /** Guess: what is reached only through a hidden membership is left out too, so that it looks like absence. */
  transitiveGroups(memberId: string): StoredObject[] {
    return closure(memberId, id => this.groups(id));
  }

  /** Assignments on a service principal. Those of principals in the recycle bin are not shown. */
  assignmentsTo(resourceId: string): StoredAssignment[] {
    return this.#assignments(a => a.resourceId === resourceId);
  }

  /** Assignments that a principal holds itself: those of its groups are not among them. */
  assignmentsOf(principalId: string): StoredAssignment[] {
    return this.#assignments(a => a.principalId === principalId);
  }

  #assignments(wanted: (a: StoredAssignment) => boolean): StoredAssignment[] {
    return this.#store.assignments
      .find(this.at, wanted)
      .filter(a => this.live(a.principalId) && this.live(a.resourceId));
  }

  /** Hidden membership, and the caller may not see it. */
  hidesMembers(group: StoredObject): boolean {
    return !this.#hiddenShown && group.properties.visibility === 'HiddenMembership';
  }
}

function closure(start: string, next: (id: string) => StoredObject[]): StoredObject[] {
  const found = new Map<string, StoredObject>();
  const open = [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const object of next(id)) {
      if (found.has(object.id)) continue;
      found.set(object.id, object);
      if (object.kind === 'group' || object.id === start) open.push(object.id);
    }
  }
  return [...found.values()];
}
