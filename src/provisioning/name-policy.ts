import type { GraphDirectory } from '../directory/graph-directory.ts';
import { now } from '../identity/clock.ts';
import { foldName } from '../identity/names.ts';
import type { MappedResource } from '../mapping/attribute-mapping.ts';
import type { LinkRow } from '../state/links.ts';
import type { LookHold } from './apply-resource.ts';
import { isGuest, type SourceAccount } from './source-account.ts';

/** A domain does not become one of the tenant's, or cease to be one, more often than this. */
const DOMAIN_LIVES_MS = 3_600_000;

/** What speaks against the name of a user: whose it looks like, and whose it was. */
export class NamePolicy {
  readonly #directory: GraphDirectory;
  readonly #domains = new Map<string, { readonly isOurs: boolean; readonly readAt: number }>();

  constructor(directory: GraphDirectory) {
    this.#directory = directory;
  }

  /** @param replaces whether another name would lead to a new account */
  async check(
    account: SourceAccount,
    { create }: MappedResource,
    link: LinkRow | undefined,
    replaces: boolean,
  ): Promise<LookHold[]> {
    if (account.kind !== 'user') return [];
    const name = String(create.userName ?? '');
    const isOther = link !== undefined && foldName(link.value.name) !== foldName(name);
    const isNew = link === undefined || link.value.status === 'creating' || (replaces && isOther);
    if (isNew && isGuest(account) && (await this.#isTenantDomain(name))) {
      const cause = 'a guest would get the name of a member: its domain is one of the tenant';
      return [{ kind: 'protected-name', ids: [], cause }];
    }
    if (link?.value.status !== 'linked' || !isOther) return [];
    // The old name cannot be changed in the target. Whoever has it now must not find himself in a stranger's account.
    const owner = await this.#directory.getUser(link.value.name);
    if (owner === undefined || owner.id === account.id) return [];
    const cause = 'the name under which the account was created belongs to another Entra object now';
    return [{ kind: 'name-passed-on', ids: [owner.id], cause }];
  }

  async #isTenantDomain(name: string): Promise<boolean> {
    const domain = foldName(name.slice(name.lastIndexOf('@') + 1));
    const known = this.#domains.get(domain);
    if (known !== undefined && now() - known.readAt < DOMAIN_LIVES_MS) return known.isOurs;
    const isOurs = await this.#directory.hasMembersOf(domain);
    this.#domains.set(domain, { isOurs, readAt: now() });
    return isOurs;
  }
}
