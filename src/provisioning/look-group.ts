import { Absent } from '../directory/errors.ts';
import type { SourceGroup, SourceMember } from '../directory/types.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceReader } from '../identity/source-values.ts';
import { sourceReader } from '../mapping/source-attributes.ts';
import type { GroupLeaveEvent } from '../planning/lifecycle.ts';
import type { ScopeVerdict } from '../scope/scope-decision.ts';
import { type Above, confirmFilterGroups, type Entitlement, type EntitlementReader } from './entitlement.ts';
import { hidingGroups, maySomethingBeHidden } from './hidden-memberships.ts';
import { type Policy, scopeVerdict } from './policy.ts';
import { deletionOf, type SourceAccess } from './source-evidence.ts';
import { hidesMembers, isMicrosoft365Group, wantedMembers } from './source-group.ts';

export interface GroupContent {
  /** Everybody who should be a member, provisioned or not. */
  readonly members: readonly SourceMember[];
  /** Groups below it, as far as the configured nesting looks. */
  readonly nested: readonly string[];
}

export type GroupLook =
  | { readonly state: 'irrelevant' }
  | {
      readonly state: 'left';
      readonly event: GroupLeaveEvent;
      readonly ancestors: readonly string[];
      /** It is filtered out and still assigned: whom its assignment reaches is in scope all the same. */
      readonly entitles?: GroupContent;
    }
  | ({
      readonly state: 'inScope';
      readonly group: SourceGroup;
      readonly read: SourceReader;
      /** The group, or one below it, hides its members from us: what is missing says nothing. */
      readonly hidden: boolean;
      readonly ancestors: readonly string[];
    } & GroupContent);

/** Reads a group, its members and its place in the nesting as the source holds them now. */
export class GroupReader {
  readonly #o: SourceAccess;
  readonly #entitlements: EntitlementReader;

  constructor(o: SourceAccess, entitlements: EntitlementReader) {
    this.#o = o;
    this.#entitlements = entitlements;
  }

  /** @throws {RetryLater} while the source's answers do not allow a conclusion. */
  async look(target: string, p: Principal, linked: boolean): Promise<GroupLook> {
    const remembered = await this.#o.state.nesting.ancestorsOf(target, p.id);
    const isRelevant =
      linked ||
      remembered.length > 0 ||
      this.#entitlements.coversAll(p) ||
      (await this.#entitlements.isNamed(p));
    if (!isRelevant) return { state: 'irrelevant' };
    const group = await this.#o.directory.getGroup(p.id);
    if (group === undefined) {
      if (linked) await deletionOf(this.#o, p);
      return { state: 'left', event: 'deleted', ancestors: remembered };
    }
    const above = await this.#entitlements.aboveAndAssigned(p);
    const ancestors = this.#ancestors(p, remembered, above);
    const entitlement = await this.#entitlements.read(p, above, linked);
    if (entitlement !== undefined) return this.#entitled(p, group, ancestors, above, entitlement, linked);
    if (linked) {
      const after = await this.#entitlements.confirmNone(p, above);
      if (after.entitlement !== undefined)
        return this.#entitled(p, group, ancestors, above, after.entitlement, linked);
      if (await this.#mayBeReachedUnseen(target, p, after.entitling))
        return this.#present(p, group, ancestors, { appRoles: [] }, true);
    } else if (ancestors.length === 0) return { state: 'irrelevant' };
    return { state: 'left', event: 'unassigned', ancestors };
  }

  async #entitled(
    p: Principal,
    group: SourceGroup,
    ancestors: readonly string[],
    above: Above,
    { appRoles }: Entitlement,
    linked: boolean,
  ): Promise<GroupLook> {
    const { policy } = this.#o;
    const read = sourceReader('group', group.properties, { isSoftDeleted: false, appRoles });
    const decide = (memberOf: readonly string[]): ScopeVerdict =>
      scopeVerdict(policy, {
        kind: 'group',
        id: group.id,
        entitled: true,
        read,
        memberOf: new Set(memberOf),
        isMicrosoft365Group: isMicrosoft365Group(group),
      });
    const verdict = decide(above.all);
    if (!verdict.inScope) {
      if (linked && verdict.reason === 'filteredOut') {
        await confirmFilterGroups(this.#o, p, above);
        const unseen = await hidingGroups(this.#o, policy.scope.filters.group.groups);
        if (unseen.length > 0 && decide([...above.all, ...unseen]).inScope)
          return this.#present(p, group, ancestors, { appRoles }, true);
      }
      // Where the scope is everything, its members are in it whatever becomes of the group.
      const entitles = !this.#entitlements.coversAll(p) || (await this.#entitlements.isNamed(p));
      return {
        state: 'left',
        event: verdict.reason,
        ancestors,
        ...(entitles ? { entitles: contentOf(policy, p, await this.#list(p)) } : {}),
      };
    }
    return this.#present(p, group, ancestors, { appRoles }, false);
  }

  /** Only where groups come into scope through others does it matter what those hide. */
  async #mayBeReachedUnseen(target: string, p: Principal, entitling: readonly string[]): Promise<boolean> {
    if (!this.#o.policy.nesting.descendants) return false;
    return maySomethingBeHidden(this.#o, target, p, entitling);
  }

  /** @param unseen it may be out of scope: what entitles it, or lets it pass, is hidden from us */
  async #present(
    p: Principal,
    group: SourceGroup,
    ancestors: readonly string[],
    { appRoles }: Entitlement,
    unseen: boolean,
  ): Promise<GroupLook> {
    const { policy } = this.#o;
    const read = sourceReader('group', group.properties, { isSoftDeleted: false, appRoles });
    const listed = await this.#list(p);
    return {
      state: 'inScope',
      group,
      read,
      ...contentOf(policy, p, listed),
      hidden: unseen || hidesMembers(policy, group, listed),
      ancestors,
    };
  }

  async #list(p: Principal): Promise<SourceMember[]> {
    const { directory, policy } = this.#o;
    try {
      return policy.nesting.members === 'transitive'
        ? await directory.listTransitiveMembers(p.id)
        : await directory.listMembers(p.id);
    } catch (error) {
      if (error instanceof Absent)
        throw new RetryLater('a group vanished between two reads', { cause: error });
      throw error;
    }
  }

  /** Groups in scope above it whose members follow from its own: as remembered, and as the source shows them now. */
  #ancestors(
    p: Principal,
    remembered: readonly string[],
    above: Required<Pick<Above, 'all' | 'assigned'>>,
  ): string[] {
    const { nesting } = this.#o.policy;
    if (nesting.members === 'direct') return [];
    const entitling = this.#entitlements.entitlingGroups(above.assigned.keys());
    const inScope =
      nesting.descendants || this.#entitlements.coversAll(p)
        ? above.all
        : above.all.filter(id => entitling.has(id));
    return [...new Set([...remembered, ...inScope])].filter(id => id !== p.id);
  }
}

function contentOf(policy: Policy, p: Principal, listed: readonly SourceMember[]): GroupContent {
  return {
    members: wantedMembers(policy, p.id, listed),
    nested: listed.filter(({ kind, id }) => kind === 'group' && id !== p.id).map(({ id }) => id),
  };
}
