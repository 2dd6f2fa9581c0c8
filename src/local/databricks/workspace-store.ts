import { Account } from './account.ts';
import { type Refusal, userExistsInWorkspace } from './refusal.ts';
import { holdsEverybody } from './system-groups.ts';
import type { Moment, ResourceType, StoredResource } from './types.ts';

/** Ids of one store are unknown to every other, and as long as those of the account. */
const IDS_OF_ONE_WORKSPACE = 10n ** 12n;

/**
 * The identities of one workspace: its own, with the system groups, and below those, in a federated one, what was
 * assigned from the account. The latter cannot be changed here.
 */
export class WorkspaceStore extends Account {
  readonly #assigned: () => Iterable<StoredResource>;

  /** @param assigned what the account has assigned to this workspace. */
  constructor(number: number, assigned: () => Iterable<StoredResource>) {
    super(2n ** 53n + 1n + BigInt(number) * IDS_OF_ONE_WORKSPACE);
    this.#assigned = assigned;
    this.#addSystemGroups();
  }

  override get(type: ResourceType, id: string, moment?: Moment): StoredResource | undefined {
    return super.get(type, id, moment) ?? this.#fromAccount(type).find(resource => resource.id === id);
  }

  override list(type: ResourceType, moment?: Moment): StoredResource[] {
    return [...super.list(type, moment), ...this.#fromAccount(type)];
  }

  /** Everybody is in `users`, without anybody having put him there. */
  override membersOf(group: StoredResource): Iterable<string> {
    if (!holdsEverybody(group)) return super.membersOf(group);
    return [...this.list('Users'), ...this.list('ServicePrincipals')].map(({ id }) => id);
  }

  override groupsOf(id: string, moment?: Moment): StoredResource[] {
    const everybody = this.group('users');
    const isPrincipal = this.get('Users', id) ?? this.get('ServicePrincipals', id);
    const own = super.groupsOf(id, moment);
    return isPrincipal && everybody ? [everybody, ...own] : own;
  }

  override clear(): void {
    super.clear();
    this.#addSystemGroups();
  }

  protected override nameTaken(resource: StoredResource, holder: StoredResource | undefined): Refusal {
    if (resource.type === 'Users') return userExistsInWorkspace(resource.userName ?? '');
    return super.nameTaken(resource, holder);
  }

  #addSystemGroups(): void {
    for (const displayName of ['users', 'admins']) this.add({ type: 'Groups', displayName });
  }

  #fromAccount(type: ResourceType): StoredResource[] {
    return [...this.#assigned()]
      .filter(resource => resource.type === type)
      .map(resource => ({ ...resource, fromAccount: true }));
  }
}
