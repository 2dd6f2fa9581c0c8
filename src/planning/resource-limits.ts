import type { Attributes } from '../identity/desired.ts';
import type { Principal, PrincipalKind } from '../identity/principal.ts';
import type { ActualPicture, DesiredGroup, DesiredPicture, PlanItem } from './picture.ts';

/** How much a target can hold. */
export interface ResourceLimits {
  /** Users and service principals together, also those that are switched off. */
  readonly accounts: number;
  readonly groups: number;
  /** Groups that one user, service principal or group is a direct member of. */
  readonly membershipsPerIdentity: number;
  /** Groups within groups, the outermost included. */
  readonly nestingDepth: number;
  /** Characters of a group's displayName. */
  readonly groupNameLength: number;
  readonly externalIdLength: number;
}

/** How far a target would be from one of its limits, were it as the source says. */
export interface LimitReading {
  readonly limit: keyof ResourceLimits;
  /** The total, or the highest figure of a single principal. */
  readonly used: number;
  readonly most: number;
  /** Whom it concerns, where a limit is each principal's own. */
  readonly principals: readonly Principal[];
}

export interface LimitReadings {
  readonly exceeded: readonly LimitReading[];
  readonly near: readonly LimitReading[];
}

/** From here on a limit is worth a warning. */
const NEAR = 0.8;

/** Whether so much of a limit is used that it is worth a warning. */
export function isNear(used: number, most: number): boolean {
  return used >= NEAR * most;
}

interface Figure {
  readonly used: number;
  readonly principal?: Principal | undefined;
}

interface Counted {
  readonly limit: keyof ResourceLimits;
  readonly figures: readonly Figure[];
}

interface Length {
  readonly limit: 'groupNameLength' | 'externalIdLength';
  readonly used: number;
}

/**
 * What the limits of a target would say to a plan.
 *
 * Totals are what it holds now and what is to be created: nothing that is there goes away by switching it off.
 * Memberships are those in groups that we provision; what others put somebody into is not counted.
 */
export function readLimits(
  plan: {
    readonly desired: DesiredPicture;
    readonly actual: ActualPicture;
    readonly items: readonly PlanItem[];
  },
  limits: ResourceLimits,
): LimitReadings {
  const { desired, actual, items } = plan;
  const creates = (isGroup: boolean): number =>
    items.filter(({ action, principal }) => action === 'create' && (principal.kind === 'group') === isGroup)
      .length;
  const { user, servicePrincipal, group } = actual.resources;
  const wanted = everyone(desired);
  const counted: readonly Counted[] = [
    { limit: 'accounts', figures: [{ used: user.length + servicePrincipal.length + creates(false) }] },
    { limit: 'groups', figures: [{ used: group.length + creates(true) }] },
    { limit: 'membershipsPerIdentity', figures: memberships(desired, wanted) },
    { limit: 'nestingDepth', figures: depths(desired.groups) },
  ];
  // What has a length has the length that it has: it does not come nearer to a limit by itself.
  const measured = [...wanted.values()].flatMap(({ principal, create }) =>
    lengths(principal.kind, create).map(
      ({ limit, used }): Counted => ({ limit, figures: [{ used, principal }] }),
    ),
  );
  const most = ({ limit }: Counted): number => limits[limit];
  return {
    exceeded: [...counted, ...merged(measured)].flatMap(c => reading(c, most(c), used => used > most(c))),
    near: counted.flatMap(c => reading(c, most(c), used => used <= most(c) && isNear(used, most(c)))),
  };
}

/** Which of its limits a resource of these attributes is too long for. */
export function tooLong(
  kind: PrincipalKind,
  attributes: Attributes,
  limits: ResourceLimits,
): { limit: keyof ResourceLimits; used: number } | undefined {
  return lengths(kind, attributes).find(({ limit, used }) => used > limits[limit]);
}

function lengths(kind: PrincipalKind, { displayName, externalId }: Attributes): Length[] {
  // No limit is known for the display names of people.
  const name = kind === 'group' ? displayName : undefined;
  return [
    { limit: 'groupNameLength', used: lengthOf(name) },
    { limit: 'externalIdLength', used: lengthOf(externalId) },
  ];
}

function lengthOf(value: string | boolean | undefined): number {
  return typeof value === 'string' ? value.length : 0;
}

function merged(counted: readonly Counted[]): Counted[] {
  const figures = Map.groupBy(counted, ({ limit }) => limit);
  return [...figures].map(([limit, same]) => ({ limit, figures: same.flatMap(one => one.figures) }));
}

function reading({ limit, figures }: Counted, most: number, is: (used: number) => boolean): LimitReading[] {
  const concerned = figures.filter(({ used }) => is(used)).sort((a, b) => b.used - a.used);
  const [highest] = concerned;
  if (highest === undefined) return [];
  const principals = concerned.flatMap(({ principal }) => principal ?? []);
  return [{ limit, used: highest.used, most, principals }];
}

interface Wanted {
  readonly principal: Principal;
  readonly create: Attributes;
}

/** By Entra id. */
function everyone({ users, servicePrincipals, groups }: DesiredPicture): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const [id, { create }] of users) wanted.set(id, { principal: { kind: 'user', id }, create });
  for (const [id, { create }] of servicePrincipals)
    wanted.set(id, { principal: { kind: 'servicePrincipal', id }, create });
  for (const [id, { create }] of groups) wanted.set(id, { principal: { kind: 'group', id }, create });
  return wanted;
}

function memberships({ groups }: DesiredPicture, wanted: ReadonlyMap<string, Wanted>): Figure[] {
  const counts = new Map<Wanted, number>();
  for (const { members } of groups.values())
    for (const id of members.keys()) {
      const member = wanted.get(id);
      if (member !== undefined) counts.set(member, (counts.get(member) ?? 0) + 1);
    }
  return [...counts].map(([{ principal }, used]) => ({ used, principal }));
}

/** Of each group, how many levels there are from it down to the deepest. */
function depths(groups: ReadonlyMap<string, DesiredGroup>): Figure[] {
  const known = new Map<string, number>();
  const depth = (id: string, { members }: DesiredGroup, above: ReadonlySet<string>): number => {
    const found = known.get(id);
    if (found !== undefined) return found;
    // A circle is cut where it closes.
    const below = new Set([...above, id]);
    let deepest = 0;
    for (const member of members.keys()) {
      const nested = groups.get(member);
      if (nested !== undefined && !below.has(member))
        deepest = Math.max(deepest, depth(member, nested, below));
    }
    const levels = 1 + deepest;
    known.set(id, levels);
    return levels;
  };
  return [...groups].map(([id, group]) => ({
    used: depth(id, group, new Set()),
    principal: { kind: 'group', id },
  }));
}
