import type { DesiredGroup, DesiredPicture, DesiredResource } from '../../src/planning/picture.ts';
import type { ScopePolicy, ScopeVerdict } from '../../src/scope/scope-decision.ts';
import { folded, groupsAbove, isEntitled, membersOf, wantedName } from './desired-state.ts';
import type { Planner } from './load-planner.ts';
import type { ModelConfig } from './model-config.ts';
import type { Entity, EntityKind, Snapshot } from './snapshot.ts';

/** The readers of the source, as a loaded planner would have them: they read the snapshot, and it decides. */
export class SimulatedSource {
  readonly #planner: Planner;
  readonly #config: ModelConfig;
  readonly #policy: ScopePolicy;

  constructor(planner: Planner, config: ModelConfig) {
    this.#planner = planner;
    this.#config = config;
    const { filters, include, exclude, mode, guests, microsoft365Groups } = config;
    this.#policy = {
      mode,
      guests,
      microsoft365Groups,
      include: new Set(include),
      exclude: new Set(exclude),
      filters: {
        user: planner.compileFilters('user', filters.user),
        group: planner.compileFilters('group', filters.group),
        servicePrincipal: planner.compileFilters('servicePrincipal', filters.servicePrincipal),
      },
    };
  }

  verdict(s: Snapshot, entity: Entity): ScopeVerdict {
    const { id, kind, properties } = entity;
    const isOff = kind === 'servicePrincipal' && !this.#config.servicePrincipals;
    if (isOff && !this.#config.include.includes(id)) return { inScope: false, reason: 'filteredOut' };
    return this.#planner.decideScope(this.#policy, {
      kind,
      id,
      entitled: isEntitled(s, this.#config, entity),
      read: attribute => (properties[attribute] ?? null) as string | null,
      memberOf: groupsAbove(s, id),
      isGuest: properties.userType === 'Guest',
      isMicrosoft365Group: (properties.groupTypes as string[] | undefined)?.includes('Unified'),
    });
  }

  resource(entity: Entity): DesiredResource {
    const { kind, id, properties } = entity;
    const displayName = String(properties.displayName);
    const name = wantedName(entity);
    const match = { externalId: id, [NAME_OF[kind]]: name };
    if (kind === 'group') {
      const values = { displayName, externalId: id };
      return { create: values, set: values, match };
    }
    const values = { [NAME_OF[kind]]: name, externalId: id, active: true };
    const shown = { ...values, displayName };
    return { create: shown, set: kind === 'user' ? shown : values, match, adoptableName: name };
  }

  /** The name under which the account was created belongs to somebody else by now. */
  isPassedOn(s: Snapshot, id: string, name: string | undefined): boolean {
    const isTheirs = ({ kind, properties }: Entity): boolean =>
      kind === 'user' && folded(String(properties.userPrincipalName)) === folded(name ?? '');
    return [...s.live.values()].some(entity => entity.id !== id && isTheirs(entity));
  }

  /** Kinds of a group's members, by Entra id. */
  members(s: Snapshot, group: string): ReadonlyMap<string, EntityKind> {
    return new Map([...membersOf(s, this.#config, group)].map(id => [id, s.live.get(id)?.kind ?? 'user']));
  }

  picture(s: Snapshot): DesiredPicture {
    const wanted = [...s.live.values()].filter(
      entity =>
        (entity.kind === 'group' || entity.properties.accountEnabled === true) &&
        this.verdict(s, entity).inScope,
    );
    const of = (kind: EntityKind): Map<string, DesiredResource> =>
      new Map(
        wanted.filter(entity => entity.kind === kind).map(entity => [entity.id, this.resource(entity)]),
      );
    const groups = [...of('group')].map(([id, resource]): [string, DesiredGroup] => [
      id,
      {
        ...resource,
        members: this.members(s, id),
        createdDateTime: String(s.live.get(id)?.properties.createdDateTime),
        hidden: false,
      },
    ]);
    return { users: of('user'), servicePrincipals: of('servicePrincipal'), groups: new Map(groups) };
  }
}

const NAME_OF = { user: 'userName', group: 'displayName', servicePrincipal: 'applicationId' } as const;
