import type { Principal, PrincipalKind } from '../identity/principal.ts';
import type { CompiledMapping } from '../mapping/attribute-mapping.ts';
import type { LifecyclePolicy } from '../planning/lifecycle.ts';
import type { ShrinkLimit } from '../planning/membership-plan.ts';
import type { GuardLimits } from '../planning/removal-guard.ts';
import {
  decideScope,
  type ScopeFacts,
  type ScopePolicy,
  type ScopeVerdict,
} from '../scope/scope-decision.ts';

/** Everything that the provisioning configuration decides about what is desired, compiled. */
export interface Policy {
  readonly scope: ScopePolicy;
  readonly nesting: NestingPolicy;
  readonly mappings: Readonly<Record<PrincipalKind, CompiledMapping>>;
  readonly lifecycle: LifecyclePolicy;
  /** What follows when a user principal name changes: it is reported, or the account is replaced by a new one. */
  readonly userNameChange: 'report' | 'replace';
  /** What becomes of the second group of one name: it is held, or gets part of its object id as a suffix. */
  readonly groupNameConflict: 'hold' | 'suffix';
  /** Lower-case Entra object ids that are never switched off or deleted. */
  readonly protectedObjectIds: ReadonlySet<string>;
  /** Names that no group of ours may get, beyond those that Databricks reserves. */
  readonly isProtectedGroupName: (name: string) => boolean;
  /** A group that loses more than both in one look is held. */
  readonly shrink: ShrinkLimit;
  /** What may leave by scope within an hour, a day and a week. */
  readonly guard: GuardLimits;
  /** Off: service principals are filtered out, whatever entitles them. */
  readonly servicePrincipals: boolean;
  /** The identity holds Member.Read.Hidden. */
  readonly readHiddenMembership: boolean;
  /** Equal for configurations that lead to the same targets. */
  readonly fingerprint: string;
}

/** What nesting means for scope and for members. */
export interface NestingPolicy {
  /** Whose members a group has: of the groups nested in it as well, or its own only. */
  readonly members: 'transitive' | 'direct';
  /** Nested groups are members of the group above them in the target. */
  readonly mirror: boolean;
  /** Groups below an assigned one are in scope as groups. */
  readonly descendants: boolean;
  /** Whether an assignment of a group reaches the members of groups nested in it. */
  readonly reach: 'transitive' | 'direct';
}

/** The three ways of treating nested groups, and what provisioning descendants adds to them. */
export function nestingPolicy(
  nestedGroups: 'flatten' | 'mirror' | 'direct',
  assignDescendants: boolean,
): NestingPolicy {
  const mirror = nestedGroups === 'mirror';
  const descendants = mirror || assignDescendants;
  return {
    members: nestedGroups === 'flatten' ? 'transitive' : 'direct',
    mirror,
    descendants,
    reach: nestedGroups === 'direct' && !descendants ? 'direct' : 'transitive',
  };
}

/** {@link decideScope}, and whether the configuration wants that kind at all. */
export function scopeVerdict(
  policy: Pick<Policy, 'scope' | 'servicePrincipals'>,
  facts: ScopeFacts,
): ScopeVerdict {
  const isOff = facts.kind === 'servicePrincipal' && !policy.servicePrincipals;
  if (isOff && !policy.scope.include.has(facts.id.toLowerCase()))
    return { inScope: false, reason: 'filteredOut' };
  return decideScope(policy.scope, facts);
}

/** Whether the scope is everything of that kind. Service principals are always named one by one, or by a group. */
export function coversAll({ scope }: Pick<Policy, 'scope'>, { kind }: Pick<Principal, 'kind'>): boolean {
  return scope.mode === 'all' && kind !== 'servicePrincipal';
}
