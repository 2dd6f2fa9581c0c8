import { groupExists, notFound, Refusal, servicePrincipalExists, userExists } from './refusal.ts';
import type { Moment, ResourceType, StoredResource } from './types.ts';
import { VersionedTable } from './versions.ts';

/** Fields that a new resource may set; the rest is filled in. */
export type NewResource = { readonly type: ResourceType } & Partial<
  Omit<StoredResource, 'type' | 'id' | 'roles' | 'entitlements' | 'members'>
> & { roles?: Iterable<string>; entitlements?: Iterable<string>; members?: Iterable<string> };

/**
 * Resource limits of an account, and of a workspace that is not federated (Microsoft Learn, "Resource limits").
 * Guess throughout: what is over a limit is refused with 400, in a text of ours.
 */
export interface Caps {
  /** Users and service principals together. Guess: those that are switched off count. */
  principals: number;
  groups: number;
  /** Direct memberships of one user, group or service principal. */
  membershipsPerIdentity: number;
  /** Groups within groups, the outermost included. */
  nestingDepth: number;
  /** Members that a group may be created with (SCIM 2.1 reference). */
  membersAtCreate: number;
}

export const PUBLISHED_CAPS: Readonly<Caps> = {
  principals: 10_000,
  groups: 5_000,
  membershipsPerIdentity: 1_500,
  nestingDepth: 10,
  membersAtCreate: 5_000,
};

const TYPES = ['Users', 'Groups', 'ServicePrincipals'] as const;

/**
 * The identities of one Databricks account or workspace, with synchronous access for tests: to seed, to look, and to change
 * things behind the back of whoever provisions. Uniqueness holds here too; limits, faults and lag do not.
 */
export class Account {
  caps: Caps = { ...PUBLISHED_CAPS };
  readonly #tables: Record<ResourceType, VersionedTable<StoredResource>> = {
    Users: new VersionedTable(),
    Groups: new VersionedTable(),
    ServicePrincipals: new VersionedTable(),
  };
  /** Unique names, folded, to ids. */
  readonly #names = new Map<string, string>();
  /** Ids to the groups they are direct members of, as it is now. */
  readonly #parents = new Map<string, Set<string>>();
  #nextId: bigint;

  /** @param firstId apart from those of every other store, so that an id of one is unknown to the others. */
  constructor(firstId: bigint = 2n ** 53n + 1n) {
    this.#nextId = firstId;
  }

  /** Whether the first read of a resource after each write to it, when it asks for that, shows what was before. */
  get staleFirstReads(): boolean {
    return this.#tables.Users.staleFirstReads;
  }
  set staleFirstReads(on: boolean) {
    for (const type of TYPES) this.#tables[type].staleFirstReads = on;
  }

  get users(): StoredResource[] {
    return [...this.#tables.Users.values()];
  }
  get groups(): StoredResource[] {
    return [...this.#tables.Groups.values()];
  }
  get servicePrincipals(): StoredResource[] {
    return [...this.#tables.ServicePrincipals.values()];
  }

  /** By user name, in any case. */
  user(userName: string): StoredResource | undefined {
    return this.#byName({ type: 'Users', userName });
  }
  /** By display name, in any case. */
  group(displayName: string): StoredResource | undefined {
    return this.#byName({ type: 'Groups', displayName });
  }
  servicePrincipal(applicationId: string): StoredResource | undefined {
    return this.#byName({ type: 'ServicePrincipals', applicationId });
  }

  get(type: ResourceType, id: string, moment?: Moment): StoredResource | undefined {
    return this.#tables[type].get(id, moment);
  }

  /** Whichever type it is of: members name ids alone. */
  find(id: string, moment?: Moment): StoredResource | undefined {
    for (const type of TYPES) {
      const found = this.get(type, id, moment);
      if (found) return found;
    }
    return undefined;
  }

  list(type: ResourceType, moment?: Moment): StoredResource[] {
    return [...this.#tables[type].values(moment)];
  }

  /** Ids of the direct members of a group. */
  membersOf(group: StoredResource): Iterable<string> {
    return group.members;
  }

  /** Groups that have `id` as a direct member; a first read is none of the groups. */
  groupsOf(id: string, moment?: Moment): StoredResource[] {
    if (typeof moment === 'number') return this.list('Groups', moment).filter(group => group.members.has(id));
    return [...(this.#parents.get(id) ?? [])].flatMap(group => this.get('Groups', group) ?? []);
  }

  /** @throws Refusal when the name is taken or the account is full. */
  add(resource: NewResource): StoredResource {
    const { principals, groups } = this.caps;
    const isGroup = resource.type === 'Groups';
    const count = isGroup
      ? this.#tables.Groups.size
      : this.#tables.Users.size + this.#tables.ServicePrincipals.size;
    const most = isGroup ? groups : principals;
    if (count >= most) {
      const what = isGroup ? 'groups' : 'users and service principals';
      throw new Refusal(400, `The limit of ${most} ${what} has been reached`, { code: 'QUOTA_EXCEEDED' });
    }
    const id = `${this.#nextId}`;
    this.#nextId += 1n;
    const added: StoredResource = {
      ...resource,
      id,
      userName: resource.userName?.toLowerCase(),
      // Guess: as user names are.
      applicationId: resource.applicationId?.toLowerCase(),
      active: isGroup ? undefined : (resource.active ?? true),
      roles: new Set(resource.roles),
      entitlements: new Set(resource.entitlements),
      members: new Set(resource.members),
    };
    this.put(added);
    return added;
  }

  /** Changes some fields of a resource, as another administrator would. */
  change(
    type: ResourceType,
    id: string,
    changes: Partial<Omit<StoredResource, 'type' | 'id'>>,
  ): StoredResource {
    const current = this.get(type, id);
    if (!current) throw notFound(type, id);
    const changed = { ...current, ...changes };
    this.put(changed);
    return changed;
  }

  /** Stores a resource in place of what has its id. @throws Refusal when its name is another's. */
  put(resource: StoredResource): void {
    const holder = this.#names.get(nameKey(resource));
    if (holder !== undefined && holder !== resource.id) throw this.nameTaken(resource, this.find(holder));
    const previous = this.get(resource.type, resource.id);
    if (previous) this.#names.delete(nameKey(previous));
    this.#names.set(nameKey(resource), resource.id);
    this.#reindex(resource.id, previous?.members, resource.members);
    this.#tables[resource.type].set(resource.id, resource);
  }

  /** Deletes a resource, and every membership of it. */
  remove(type: ResourceType, id: string): void {
    const resource = this.get(type, id);
    if (!resource) return;
    for (const group of this.groupsOf(id)) {
      this.change('Groups', group.id, {
        members: new Set([...group.members].filter(member => member !== id)),
      });
    }
    this.#names.delete(nameKey(resource));
    this.#reindex(id, resource.members, new Set());
    this.#tables[type].delete(id);
  }

  /** Forgets everybody. Ids are not given out again. */
  clear(): void {
    for (const type of TYPES) this.#tables[type].clear();
    this.#names.clear();
    this.#parents.clear();
  }

  protected nameTaken(resource: StoredResource, holder: StoredResource | undefined): Refusal {
    if (resource.type === 'Groups') return groupExists(resource.displayName ?? '');
    if (resource.type === 'Users') return userExists(resource.userName ?? '');
    const applicationId = resource.applicationId ?? '';
    return holder?.type === 'Users' ? userExists(applicationId) : servicePrincipalExists(applicationId);
  }

  #byName(named: Pick<StoredResource, 'type' | 'userName' | 'displayName' | 'applicationId'>) {
    const id = this.#names.get(nameKey(named));
    return id === undefined ? undefined : this.get(named.type, id);
  }

  #reindex(group: string, before: ReadonlySet<string> = new Set(), after: ReadonlySet<string>): void {
    for (const member of before) if (!after.has(member)) this.#parents.get(member)?.delete(group);
    for (const member of after) {
      if (before.has(member)) continue;
      const parents = this.#parents.get(member) ?? new Set();
      this.#parents.set(member, parents.add(group));
    }
  }
}

/**
 * Guess: group names are unique without regard to case, though `displayName eq` regards it, so that a client may be
 * refused a name that it cannot find. Guess: user names and application ids are one set of names, since a taken
 * application id is known to be answered as if it were the email of a user.
 */
function nameKey(
  resource: Pick<StoredResource, 'type' | 'userName' | 'displayName' | 'applicationId'>,
): string {
  if (resource.type === 'Groups') return `group ${(resource.displayName ?? '').toLowerCase()}`;
  const name = resource.type === 'Users' ? resource.userName : resource.applicationId;
  return `principal ${(name ?? '').toLowerCase()}`;
}
