import { folded } from './desired-state.ts';
import type { Observed, ObservedTarget } from './observed-target.ts';
import type { EntityKind } from './snapshot.ts';

export type Values = Partial<Record<string, string | boolean>>;

export interface Resource {
  readonly kind: EntityKind;
  readonly scimId: string;
  readonly values: Record<string, string | boolean>;
  readonly members: Set<string>;
}

const NAME_OF = { user: 'userName', group: 'displayName', servicePrincipal: 'applicationId' } as const;

/** A target that takes every write at once: unique names, immutable user names, nothing else. */
export class SimulatedTarget {
  readonly resources = new Map<string, Resource>();

  nameOf({ kind, values }: Pick<Resource, 'kind' | 'values'>): string {
    return String(values[NAME_OF[kind]]);
  }

  holder(kind: EntityKind, name: string): Resource | undefined {
    return [...this.resources.values()].find(
      resource => resource.kind === kind && folded(this.nameOf(resource)) === folded(name),
    );
  }

  /** Undefined when the name is taken. */
  create(kind: EntityKind, values: Values): Resource | undefined {
    const resource: Resource = {
      kind,
      scimId: `s${this.resources.size + 1}`,
      values: definite({ ...values, userName: lowered(values.userName) }),
      members: new Set(),
    };
    if (this.holder(kind, this.nameOf(resource)) !== undefined) return undefined;
    this.resources.set(resource.scimId, resource);
    return resource;
  }

  /** False when another resource has the name. */
  patch(scimId: string, changes: Values): boolean {
    const { kind, values } = this.get(scimId);
    const name = changes[NAME_OF[kind]];
    if (kind === 'group' && name !== undefined) {
      const holder = this.holder(kind, String(name));
      if (holder !== undefined && holder.scimId !== scimId) return false;
    }
    const { userName, applicationId } = values;
    Object.assign(values, definite(changes), definite({ userName, applicationId }));
    return true;
  }

  get(scimId: string): Resource {
    const found = this.resources.get(scimId);
    if (found === undefined) throw new Error(`the planner writes to ${scimId}, which is not there`);
    return found;
  }

  observe(): ObservedTarget {
    const entraIdOf = (scimId: string): string => String(this.get(scimId).values.externalId);
    return new Map(
      [...this.resources.values()].map((resource): [string, Observed] => [
        entraIdOf(resource.scimId),
        {
          kind: resource.kind,
          id: entraIdOf(resource.scimId),
          name: this.nameOf(resource),
          displayName: String(resource.values.displayName),
          active: resource.values.active === true,
          members: new Set([...resource.members].map(entraIdOf)),
        },
      ]),
    );
  }
}

/** Databricks stores user names in lower case. */
function lowered(name: string | boolean | undefined): string | undefined {
  return name === undefined ? undefined : String(name).toLowerCase();
}

function definite(values: Values): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
