import type { DirectoryStore } from '../../src/local/directory/store.ts';
import { DEPARTMENTS, idOf } from '../model/random-tenants.ts';
import type { DangerDraw, Done } from './danger.ts';

/** Hires begin above every number that the other changes of a tenant give away. */
const FIRST_HIRE = 5_000;

/** Lives through dangers in the local directory. What that refuses did not happen. */
export class Dangers {
  readonly #store: DirectoryStore;
  readonly #application: string;
  #hires = 0;

  constructor(store: DirectoryStore, application: string) {
    this.#store = store;
    this.#application = application;
  }

  live(draw: DangerDraw): Done | undefined {
    return this.#allowed(() => this.#live(draw));
  }

  #live({ danger, subject, object }: DangerDraw): Done | undefined {
    const user = at(this.#people(), subject);
    const group = at(this.#groups(), object);
    if (group === undefined || user === undefined) return undefined;
    switch (danger) {
      case 'hire':
        return this.#hire(`hire${this.#hires}`, [group], subject);
      case 'move':
        return this.#move(user, group, subject);
      case 'leaver':
        return this.#leave(user);
      case 'rename':
        return subject % 2 === 0 ? this.#renameUser(user, object) : this.#renameGroup(group, subject);
      case 'name re-use':
        return this.#reuse(user, group, subject);
      case 're-creation':
        return subject % 3 === 0 ? this.#recreateGroup(group) : this.#recreateUser(user);
      case 'name swap':
        return object % 2 === 0 ? this.#swapUsers(user, object) : this.#swapGroups(group, subject);
      case 'nesting change':
        return this.#nest(group, subject);
      case 'mass reassignment':
        return subject % 2 === 0 ? this.#moveEverybody(group, subject) : this.#reassign(subject, object);
      case 'time-bound membership':
        return subject % 4 === 0 ? this.#assignForAWhile(user) : this.#joinForAWhile(user, group);
    }
  }

  #hire(name: string, groups: readonly StoredGroup[], draw: number, story = 'is hired'): Done {
    const id = idOf(FIRST_HIRE + this.#hires);
    this.#hires += 1;
    const userPrincipalName = name.includes('@') ? name : `${name}@contoso.com`;
    const department = at(DEPARTMENTS, draw) ?? null;
    this.#store.addUser({ id, userPrincipalName, displayName: `Hire ${this.#hires}`, department });
    for (const group of groups) this.#allowed(() => this.#store.addMember(group.id, id));
    return {
      story: `${id} ${story} as ${userPrincipalName}, into ${groups.map(group => group.id)}`,
      ids: [id],
    };
  }

  /** To another group, and another department. */
  #move(user: StoredUser, to: StoredGroup, draw: number): Done {
    const from = this.#store.truth.groups(user.id);
    for (const { id } of from) if (id !== to.id) this.#store.removeMember(id, user.id);
    this.#allowed(() => this.#store.addMember(to.id, user.id));
    this.#store.update(user.id, { department: at(DEPARTMENTS, draw) ?? null });
    return { story: `${user.id} moves from ${from.map(({ id }) => id)} to ${to.id}`, ids: [user.id] };
  }

  #leave(user: StoredUser): Done {
    this.#store.update(user.id, { accountEnabled: false });
    const then = (): Done | undefined =>
      this.#allowed(() => {
        this.#store.delete(user.id);
        return { story: `${user.id}, who was disabled, is deleted`, ids: [user.id] };
      });
    return { story: `${user.id} is disabled`, ids: [user.id], then };
  }

  #renameUser(user: StoredUser, draw: number): Done {
    const surname = `Married ${draw}`;
    const patch = { displayName: surname, surname, userPrincipalName: `married${draw}@contoso.com` };
    this.#store.update(user.id, patch);
    return { story: `${user.id} becomes ${JSON.stringify(patch)}`, ids: [user.id] };
  }

  #renameGroup(group: StoredGroup, draw: number): Done {
    const displayName = `Team ${draw % 7}`;
    this.#store.update(group.id, { displayName });
    return { story: `group ${group.id} becomes ${displayName}`, ids: [group.id] };
  }

  /** Somebody leaves, or takes another name, and a stranger gets the old one at once. */
  #reuse(user: StoredUser, group: StoredGroup, draw: number): Done {
    const name = nameOf(user);
    const leaves = draw % 2 === 0;
    if (leaves) this.#store.delete(user.id);
    else this.#store.update(user.id, { userPrincipalName: `former${draw}.${name}` });
    const { story, ids } = this.#hire(
      name,
      [group],
      draw,
      leaves ? `succeeds the deleted ${user.id}` : `takes the name of ${user.id}`,
    );
    return { story, ids: [user.id, ...ids] };
  }

  /** Deleted for good and made anew, as people do who want to help. */
  #recreateUser(user: StoredUser): Done {
    const groups = this.#store.truth.groups(user.id);
    this.#store.delete(user.id);
    this.#allowed(() => this.#store.purge(user.id));
    const { story, ids } = this.#hire(nameOf(user), groups, 0, `re-creates ${user.id}`);
    return { story, ids: [user.id, ...ids] };
  }

  #recreateGroup(group: StoredGroup): Done {
    const members = this.#store.truth.members(group.id);
    const { displayName, securityEnabled, groupTypes, mailEnabled } = group.properties;
    this.#store.delete(group.id);
    if (this.#store.truth.object(group.id) !== undefined) this.#store.purge(group.id);
    const id = idOf(FIRST_HIRE + this.#hires);
    this.#hires += 1;
    this.#store.addGroup({
      id,
      displayName: String(displayName),
      securityEnabled: securityEnabled === true,
      groupTypes,
      mailEnabled,
      members: members.map(member => member.id),
    });
    this.#store.assign({ principalId: id, resourceId: this.#application });
    return { story: `group ${id} re-creates ${group.id}, assigned`, ids: [group.id, id] };
  }

  #swapUsers(user: StoredUser, draw: number): Done | undefined {
    const other = at(this.#people(), draw);
    if (other === undefined || other.id === user.id) return undefined;
    const [mine, theirs] = [nameOf(user), nameOf(other)];
    this.#store.update(user.id, { userPrincipalName: `swapping.${user.id}@contoso.com` });
    this.#store.update(other.id, { userPrincipalName: mine });
    this.#store.update(user.id, { userPrincipalName: theirs });
    return { story: `${user.id} and ${other.id} swap ${mine} and ${theirs}`, ids: [user.id, other.id] };
  }

  #swapGroups(group: StoredGroup, draw: number): Done | undefined {
    const other = at(this.#groups(), draw);
    if (other === undefined || other.id === group.id) return undefined;
    const names = [group, other].map(({ properties }) => properties.displayName);
    this.#store.update(group.id, { displayName: names[1] });
    this.#store.update(other.id, { displayName: names[0] });
    return { story: `groups ${group.id} and ${other.id} swap ${names}`, ids: [group.id, other.id] };
  }

  #nest(parent: StoredGroup, draw: number): Done | undefined {
    const child = at(this.#groups(), draw);
    if (child === undefined || child.id === parent.id) return undefined;
    const isNested = this.#store.truth.hasEdge(parent.id, child.id);
    if (isNested) this.#store.removeMember(parent.id, child.id);
    else this.#store.addMember(parent.id, child.id);
    return {
      story: `group ${child.id} is ${isNested ? 'taken out of' : 'nested into'} ${parent.id}`,
      ids: [parent.id, child.id],
    };
  }

  #moveEverybody(from: StoredGroup, draw: number): Done | undefined {
    const to = at(this.#groups(), draw);
    if (to === undefined || to.id === from.id) return undefined;
    const members = this.#store.truth.members(from.id).filter(({ id }) => id !== to.id);
    for (const { id } of members) {
      this.#store.removeMember(from.id, id);
      this.#allowed(() => this.#store.addMember(to.id, id));
    }
    return {
      story: `all ${members.length} members of ${from.id} move to ${to.id}`,
      ids: [from.id, to.id, ...members.map(({ id }) => id)],
    };
  }

  /** Whoever is assigned is not any more, and others are. */
  #reassign(subject: number, object: number): Done {
    const before = this.#store.truth.assignmentsTo(this.#application);
    const everybody = [...this.#groups(), ...this.#people()];
    const chosen = [0, 3, 7, 11].map(offset => at(everybody, subject + offset * (1 + (object % 5))));
    for (const { id } of before) this.#store.unassign(id);
    const after = [...new Set(chosen)].flatMap(one => (one === undefined ? [] : [one.id]));
    for (const principalId of after) this.#store.assign({ principalId, resourceId: this.#application });
    const ended = before.map(({ principalId }) => principalId);
    return { story: `instead of ${ended}, ${after} are assigned`, ids: [...ended, ...after] };
  }

  #joinForAWhile(user: StoredUser, group: StoredGroup): Done {
    this.#store.addMember(group.id, user.id);
    const then = (): Done | undefined =>
      this.#allowed(() => {
        this.#store.removeMember(group.id, user.id);
        return { story: `the time of ${user.id} in ${group.id} is over`, ids: [user.id, group.id] };
      });
    return { story: `${user.id} joins ${group.id} for a while`, ids: [user.id, group.id], then };
  }

  #assignForAWhile(user: StoredUser): Done {
    const { id } = this.#store.assign({ principalId: user.id, resourceId: this.#application });
    const then = (): Done | undefined =>
      this.#allowed(() => {
        this.#store.unassign(id);
        return { story: `the assignment of ${user.id} is over`, ids: [user.id] };
      });
    return { story: `${user.id} is assigned for a while`, ids: [user.id], then };
  }

  #people(): StoredUser[] {
    return this.#store.truth.list('user').filter(({ properties }) => properties.userType !== 'Guest');
  }

  #groups(): StoredGroup[] {
    return this.#store.truth.list('group');
  }

  #allowed<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      // What the directory itself refuses is no change.
      if (Object(error).status >= 400) return undefined;
      throw error;
    }
  }
}

type StoredUser = ReturnType<DirectoryStore['truth']['list']>[number];
type StoredGroup = StoredUser;

function nameOf({ properties }: StoredUser): string {
  return String(properties.userPrincipalName);
}

function at<T>(list: readonly T[], draw: number): T | undefined {
  return list[draw % list.length];
}
