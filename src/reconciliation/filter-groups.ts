import { Absent } from '../directory/errors.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';

/** Who is in the groups that scoping filters name, nested members included. */
export class FilterGroups {
  readonly #groupsOf: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(groupsOf: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#groupsOf = groupsOf;
  }

  /** @throws whatever keeps a single read from its end */
  static async read({ directory, policy }: SourceAccess): Promise<FilterGroups> {
    const { user, group, servicePrincipal } = policy.scope.filters;
    const groupsOf = new Map<string, Set<string>>();
    for (const id of new Set([...user.groups, ...group.groups, ...servicePrincipal.groups])) {
      for (const member of await members(directory, id)) {
        const known = groupsOf.get(member) ?? new Set();
        groupsOf.set(member, known.add(id));
      }
    }
    return new FilterGroups(groupsOf);
  }

  of(objectId: string): ReadonlySet<string> {
    return this.#groupsOf.get(objectId) ?? new Set();
  }
}

/** A group that is no longer there holds nobody. */
async function members(directory: SourceAccess['directory'], id: string): Promise<string[]> {
  try {
    return (await directory.listTransitiveMembers(id)).map(member => member.id);
  } catch (error) {
    if (error instanceof Absent) return [];
    throw error;
  }
}
