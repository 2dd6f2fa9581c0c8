import type { Leaving } from '../../src/planning/lifecycle.ts';
import type { ActualPicture, ActualResource, KnownLink } from '../../src/planning/picture.ts';
import type { SimulatedTarget, Values } from './simulated-target.ts';
import type { EntityKind } from './snapshot.ts';

/** Entra id -> SCIM id. */
export type Ids = Record<string, string>;

/** What the simulated engine remembers of one principal: the link, and a group's record of members. */
export interface Link {
  readonly principal: { readonly kind: EntityKind; readonly id: string };
  status: 'creating' | 'linked';
  scimId?: string;
  name: string;
  written: Values;
  intent?: { readonly attributes: Values };
  uncertain: string[];
  leaving?: Leaving;
  members: Ids;
  memberIntent?: { readonly add: Ids; readonly remove: Ids };
  uncertainMembers: string[];
}

/** An intent less what was acknowledged; undefined when nothing is left of it. */
export function withoutThose(
  intent: Link['memberIntent'],
  done: { readonly add: Ids; readonly remove: Ids },
): Link['memberIntent'] {
  const left = (ids: Ids): Ids =>
    Object.fromEntries(Object.entries(ids).filter(([id]) => !(id in done.add || id in done.remove)));
  const [add, remove] = [left(intent?.add ?? {}), left(intent?.remove ?? {})];
  return Object.keys({ ...add, ...remove }).length === 0 ? undefined : { add, remove };
}

/** The target as an audit reads it. */
export function actualPicture(target: SimulatedTarget): ActualPicture {
  const all = [...target.resources.values()];
  const of = (kind: EntityKind): ActualResource[] =>
    all
      .filter(resource => resource.kind === kind)
      .map(resource => ({
        scimId: resource.scimId,
        name: target.nameOf(resource),
        externalId: String(resource.values.externalId),
        active: kind === 'group' ? undefined : resource.values.active === true,
        roles: [],
        attributes: { ...resource.values },
      }));
  return {
    resources: { user: of('user'), servicePrincipal: of('servicePrincipal'), group: of('group') },
    members: new Map(all.map(({ scimId, members }) => [scimId, members])),
  };
}

/** Our links as an audit reads them. */
export function knownLinks(links: Iterable<Link>, isStaying: (link: Link) => boolean): KnownLink[] {
  return [...links].map(link => ({
    principal: link.principal,
    status: link.status,
    scimId: link.scimId,
    name: link.name,
    written: link.written,
    unsettled: link.intent !== undefined,
    members: link.members,
    leaver: link.principal.kind !== 'group' && isStaying(link) ? 'stays' : undefined,
  }));
}
