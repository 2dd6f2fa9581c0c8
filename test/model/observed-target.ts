import { folded } from './desired-state.ts';
import type { EntityKind } from './snapshot.ts';

/** One resource of the target that carries an Entra object id. */
export interface Observed {
  readonly kind: EntityKind;
  /** Entra object id. */
  readonly id: string;
  /** userName, applicationId, or a group's displayName. */
  readonly name: string;
  readonly displayName: string;
  /** Accounts only. */
  readonly active: boolean;
  /** Entra object ids of a group's members. */
  readonly members: ReadonlySet<string>;
}

export type ObservedTarget = ReadonlyMap<string, Observed>;

/** Who holds a name, as Databricks compares names; each kind has names of its own. */
export function holderOf(target: ObservedTarget, kind: EntityKind, name: string): Observed | undefined {
  return [...target.values()].find(found => found.kind === kind && folded(found.name) === folded(name));
}
