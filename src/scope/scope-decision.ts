import type { PrincipalKind } from '../identity/principal.ts';
import type { SourceReader } from '../identity/source-values.ts';
import type { CompiledFilters } from './filter.ts';

/** The scope as configured. */
export interface ScopePolicy {
  /** Who is entitled: what is assigned to the enterprise application, or everything in the tenant. */
  readonly mode: 'assigned' | 'all';
  readonly guests: boolean;
  readonly microsoft365Groups: boolean;
  /** Object ids, lower case. */
  readonly include: ReadonlySet<string>;
  /** Object ids, lower case. */
  readonly exclude: ReadonlySet<string>;
  readonly filters: Readonly<Record<PrincipalKind, CompiledFilters>>;
}

/** What is known about one principal. */
export interface ScopeFacts {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** Assigned itself or through an assigned group; in mode `all`, always true for what the mode covers. */
  readonly entitled: boolean;
  readonly read: SourceReader;
  /** Which of the groups that the filters name hold the principal, transitively. */
  readonly memberOf: ReadonlySet<string>;
  readonly isGuest?: boolean;
  readonly isMicrosoft365Group?: boolean;
}

/**
 * `unassigned`: nothing entitles the principal. `filteredOut`: something does, and the configuration leaves it out all
 * the same. The lifecycle policy treats them apart.
 */
export type ScopeVerdict =
  | { readonly inScope: true }
  | { readonly inScope: false; readonly reason: 'unassigned' | 'filteredOut' };

const IN_SCOPE: ScopeVerdict = { inScope: true };
const UNASSIGNED: ScopeVerdict = { inScope: false, reason: 'unassigned' };
const FILTERED_OUT: ScopeVerdict = { inScope: false, reason: 'filteredOut' };

/**
 * Decides whether a principal is in scope. The exclude list wins over everything, the include list over the rest; then
 * the principal must be entitled, of an admitted sort, and pass a filter.
 *
 * Entra provisions an assigned group only if it is security-enabled (Microsoft Learn, "How application provisioning
 * works"). With Microsoft 365 groups switched on, those need not be; a distribution list stays out in either case, for
 * membership in one was never meant to grant access.
 *
 * @throws what `facts.read` throws: nobody leaves the scope because a value could not be read.
 */
export function decideScope(policy: ScopePolicy, facts: ScopeFacts): ScopeVerdict {
  const id = facts.id.toLowerCase();
  if (policy.exclude.has(id)) return FILTERED_OUT;
  if (policy.include.has(id)) return IN_SCOPE;
  if (!facts.entitled) return UNASSIGNED;
  if (!isAdmitted(policy, facts)) return FILTERED_OUT;
  return policy.filters[facts.kind].passes(facts.read, facts.memberOf) ? IN_SCOPE : FILTERED_OUT;
}

function isAdmitted(policy: ScopePolicy, facts: ScopeFacts): boolean {
  if (facts.kind === 'user') return policy.guests || facts.isGuest !== true;
  if (facts.kind !== 'group') return true;
  if (facts.isMicrosoft365Group === true) return policy.microsoft365Groups;
  return facts.read('securityEnabled') === true;
}
