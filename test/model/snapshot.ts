import type { DirectoryView } from '../../src/local/directory/view.ts';

export type EntityKind = 'user' | 'group' | 'servicePrincipal';

/** One live object of the tenant. */
export interface Entity {
  readonly id: string;
  readonly kind: EntityKind;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What the tenant holds at one instant; everything that the model knows of the source. */
export interface Snapshot {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly live: ReadonlyMap<string, Entity>;
  /** Ids in the recycle bin. Whoever is neither here nor live is gone for good, or never was. */
  readonly bin: ReadonlySet<string>;
  /** Direct, live members of live groups. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** Ids of live principals that are assigned to the enterprise application themselves. */
  readonly assigned: ReadonlySet<string>;
}

const KINDS: readonly EntityKind[] = ['user', 'group', 'servicePrincipal'];

/** Reads the local directory as it really is. `application`: object id of the enterprise application. */
export function takeSnapshot(view: DirectoryView, application: string, at: number): Snapshot {
  const live = KINDS.flatMap(kind =>
    view.list(kind).map(({ id, properties }): Entity => ({ id, kind, properties })),
  );
  return {
    at,
    live: new Map(live.map(entity => [entity.id, entity])),
    bin: new Set(KINDS.flatMap(kind => view.list(kind, true).map(({ id }) => id))),
    members: new Map(
      live
        .filter(({ kind }) => kind === 'group')
        .map(({ id }) => [id, view.members(id).map(member => member.id)]),
    ),
    assigned: new Set(view.assignmentsTo(application).map(({ principalId }) => principalId)),
  };
}
