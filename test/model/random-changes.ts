import fc from 'fast-check';
import type { DirectoryStore } from '../../src/local/directory/store.ts';
import {
  ALIASES,
  DEPARTMENTS,
  GROUP_NAMES,
  groupIds,
  idOf,
  memberName,
  servicePrincipalIds,
  userIds,
} from './random-tenants.ts';

const ACTIONS = [
  'add member',
  'add member',
  'remove member',
  'remove member',
  'assign',
  'unassign',
  'disable',
  'enable',
  'delete',
  'restore',
  'restore',
  'purge',
  'rename group',
  'rename user',
  'display name',
  'department',
  'new user of a name',
  'new group of a name',
] as const;

/** One change of the source, in numbers that are read against whatever the tenant holds by then. */
export interface ChangeDraw {
  readonly action: (typeof ACTIONS)[number];
  readonly subject: number;
  readonly object: number;
  /** Milliseconds until the next one. */
  readonly pause: number;
}

export const randomChange: fc.Arbitrary<ChangeDraw> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  subject: fc.nat(999),
  object: fc.nat(999),
  pause: fc.constantFrom(0, 0, 400, 3_000, 20_000, 90_000),
});

/** Makes random changes, and knows who was ever there. */
export class TenantChanges {
  readonly #store: DirectoryStore;
  readonly #application: string;
  readonly #users = [...userIds];
  readonly #groups = [...groupIds];

  constructor(store: DirectoryStore, application: string) {
    this.#store = store;
    this.#application = application;
  }

  /** What was done, in words; undefined when the tenant does not allow it. */
  apply({ action, subject, object }: ChangeDraw): string | undefined {
    const everybody = [...this.#users, ...this.#groups, ...servicePrincipalIds];
    const anybody = at(everybody, subject);
    try {
      switch (action) {
        case 'add member':
          if (at(this.#groups, object) === anybody) return undefined;
          this.#store.addMember(at(this.#groups, object), anybody);
          return `${anybody} joins ${at(this.#groups, object)}`;
        case 'remove member':
          return this.#removeMember(subject, object);
        case 'assign':
          this.#store.assign({ principalId: anybody, resourceId: this.#application });
          return `${anybody} is assigned`;
        case 'unassign':
          return this.#unassign(subject);
        case 'disable':
        case 'enable':
          return this.#update(at([...this.#users, ...servicePrincipalIds], subject), {
            accountEnabled: action === 'enable',
          });
        case 'delete':
          this.#store.delete(anybody);
          return `${anybody} is deleted`;
        case 'restore':
          return this.#inBin(subject, 'restore');
        case 'purge':
          return this.#inBin(subject, 'purge');
        case 'rename group':
          return this.#update(at(this.#groups, subject), { displayName: at(GROUP_NAMES, object) });
        case 'rename user':
          return this.#update(at(this.#users, subject), {
            userPrincipalName: memberName(at(ALIASES, object)),
          });
        case 'display name':
          return this.#update(at(this.#users, subject), { displayName: `User ${object}` });
        case 'department':
          return this.#update(at(this.#users, subject), { department: at(DEPARTMENTS, object) });
        case 'new user of a name':
          return this.#newUser(subject, object);
        case 'new group of a name':
          return this.#newGroup(subject, object);
      }
    } catch (error) {
      // What the directory itself refuses is no change.
      if (Object(error).status >= 400) return undefined;
      throw error;
    }
  }

  #removeMember(subject: number, object: number): string | undefined {
    const group = at(this.#groups, object);
    const members = this.#store.truth.members(group);
    if (members.length === 0) return undefined;
    const { id } = at(members, subject);
    this.#store.removeMember(group, id);
    return `${id} leaves ${group}`;
  }

  #unassign(subject: number): string | undefined {
    const all = this.#store.truth.assignmentsTo(this.#application);
    if (all.length === 0) return undefined;
    const { id, principalId } = at(all, subject);
    this.#store.unassign(id);
    return `${principalId} is unassigned`;
  }

  #update(id: string, patch: Readonly<Record<string, unknown>>): string {
    this.#store.update(id, patch);
    return `${id} becomes ${JSON.stringify(patch)}`;
  }

  #inBin(subject: number, action: 'restore' | 'purge'): string | undefined {
    const { truth } = this.#store;
    const bin = (['user', 'group', 'servicePrincipal'] as const).flatMap(kind => truth.list(kind, true));
    if (bin.length === 0) return undefined;
    const { id } = at(bin, subject);
    this.#store[action](id);
    return `${id}: ${action}`;
  }

  #newUser(subject: number, object: number): string {
    const id = idOf(1_000 + this.#users.length);
    this.#store.addUser({
      id,
      userPrincipalName: memberName(at(ALIASES, subject)),
      displayName: `New user ${this.#users.length}`,
      department: 'Sales',
    });
    this.#users.push(id);
    const group = at(this.#groups, object);
    if (this.#store.truth.live(group) !== undefined) this.#store.addMember(group, id);
    return `${id} is new as ${at(ALIASES, subject)}, in ${group}`;
  }

  #newGroup(subject: number, object: number): string {
    const id = idOf(2_000 + this.#groups.length);
    this.#store.addGroup({ id, displayName: at(GROUP_NAMES, subject) });
    this.#groups.push(id);
    const member = at(this.#users, object);
    if (this.#store.truth.live(member) !== undefined) this.#store.addMember(id, member);
    if (object % 3 > 0) this.#store.assign({ principalId: id, resourceId: this.#application });
    return `${id} is new as group ${at(GROUP_NAMES, subject)}, with ${member}${object % 3 > 0 ? ', assigned' : ''}`;
  }
}

function at<T>(list: readonly T[], draw: number): T {
  return list[draw % list.length] as T;
}
