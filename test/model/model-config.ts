import type { ModelClause } from './filter-rules.ts';
import type { EntityKind } from './snapshot.ts';

/** The part of the configuration that the model knows; everything else keeps its default. */
export interface ModelConfig {
  readonly mode: 'assigned' | 'all';
  readonly nestedGroups: 'flatten' | 'mirror' | 'direct';
  /** Left out where it may not be set. */
  readonly assignDescendants?: boolean;
  readonly guests: boolean;
  readonly microsoft365Groups: boolean;
  readonly servicePrincipals: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly filters: Readonly<Record<EntityKind, readonly (readonly ModelClause[])[]>>;
}

/** The section `scope` of `provisioning.config.json`. */
export function asScopeSection({ filters, ...rest }: ModelConfig): Record<string, unknown> {
  const { user, group, servicePrincipal } = filters;
  return { ...rest, filters: { users: user, groups: group, servicePrincipals: servicePrincipal } };
}
