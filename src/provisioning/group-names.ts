import { MAX_NAME_LENGTH } from '../databricks/limits.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import type { MappedResource } from '../mapping/attribute-mapping.ts';
import { withSuffix } from '../planning/name-suffix.ts';
import type { Wanted } from '../planning/resource-plan.ts';
import type { LinkRow } from '../state/links.ts';
import type { LookHold } from './apply-resource.ts';
import type { NameConflicts } from './name-conflict.ts';
import type { Policy } from './policy.ts';

/** What a group is to be called, where others have claims to the name that the source gives it. */
export class GroupNames {
  readonly #conflicts: NameConflicts;
  readonly #policy: Pick<Policy, 'groupNameConflict'>;

  constructor(conflicts: NameConflicts, policy: Pick<Policy, 'groupNameConflict'>) {
    this.#conflicts = conflicts;
    this.#policy = policy;
  }

  /** @throws {RetryLater} while another group is about to give the name up. */
  async decide(
    target: string,
    p: Principal,
    { create, set, missing, createRefusal }: MappedResource,
    link: LinkRow | undefined,
  ): Promise<{ wanted: Wanted; holds: LookHold[] }> {
    if (missing.length > 0) {
      const cause = 'required attributes have no value';
      return { wanted: { set: {} }, holds: [{ kind: 'missing-values', ids: [...missing], cause }] };
    }
    if (link === undefined && createRefusal !== undefined) throw createRefusal;
    const name = String(create.displayName ?? '');
    const hasName = link !== undefined && foldName(link.value.name) === foldName(name);
    // It got the name before that was protected: it keeps it, and is left alone.
    const protection = hasName ? this.#conflicts.protection(name) : undefined;
    if (protection !== undefined) return { wanted: { set: {} }, holds: [protection] };
    const conflict = hasName ? undefined : await this.#conflicts.check(target, p, name);
    const isSuffixed =
      conflict?.givesWay === true ||
      (conflict?.kind === 'name-in-use' && this.#policy.groupNameConflict === 'suffix');
    if (!isSuffixed) return { wanted: { create, set }, holds: [] };
    const displayName = withSuffix(name, p.id, MAX_NAME_LENGTH);
    const renamed = 'displayName' in set ? { ...set, displayName } : set;
    return { wanted: { create: { ...create, displayName }, set: renamed }, holds: [] };
  }
}
