import { type Attributes, sameValue } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import { type Principal, type PrincipalKind, principalKey } from '../identity/principal.ts';
import { compareMembers } from './compare-members.ts';
import { findOwn } from './find-own.ts';
import { kindTraits } from './kind-traits.ts';
import { byClaim } from './name-precedence.ts';
import { withSuffix } from './name-suffix.ts';
import type {
  ActualPicture,
  ActualResource,
  DesiredPicture,
  DesiredResource,
  KnownLink,
  Matching,
  PlanItem,
} from './picture.ts';

/** By SCIM id. A link without one finds nothing. */
type ByScimId = ReadonlyMap<string | undefined, ActualResource>;

export interface CompareOptions {
  readonly matching: Matching;
  /** Longest group name, where the second group of a name gets a suffix instead of being held. */
  readonly suffixLength?: number | undefined;
  /**
   * Where the target manages identities by itself: which attributes are left to us. Members are not, and who does not
   * show in a list need not be gone.
   */
  readonly managed?: ((attribute: string) => boolean) | undefined;
}

/** Everything that a target would need to become what the source says. Foreign resources and members are not in it. */
export function compare(
  desired: DesiredPicture,
  actual: ActualPicture,
  links: readonly KnownLink[],
  { matching, suffixLength, managed }: CompareOptions,
): PlanItem[] {
  const linked = new Map(links.map(link => [principalKey(link.principal), link]));
  const claimed = new Set(links.map(link => `${link.principal.kind}:${link.scimId}`));
  const wanted: Readonly<Record<PrincipalKind, ReadonlyMap<string, DesiredResource>>> = {
    user: desired.users,
    servicePrincipal: desired.servicePrincipals,
    group: desired.groups,
  };
  const beaten = rivals(desired, linked);
  const settle = (id: string, resource: DesiredResource): DesiredResource =>
    suffixLength !== undefined && beaten.has(id) ? suffixed(id, resource, suffixLength) : resource;
  const kinds: PrincipalKind[] = ['user', 'servicePrincipal', 'group'];
  return [
    ...kinds.flatMap(kind => {
      const resources = actual.resources[kind];
      const free = resources.filter(({ scimId }) => !claimed.has(`${kind}:${scimId}`));
      const byScimId: ByScimId = new Map(resources.map(resource => [resource.scimId, resource]));
      const present = [...wanted[kind]].flatMap(([id, resource]) => {
        const principal: Principal = { kind, id };
        const link = linked.get(principalKey(principal));
        if (link !== undefined)
          return compareLinked(principal, settle(id, resource).set, link, {
            there: byScimId.get(link.scimId),
            managed,
          });
        if (beaten.has(id))
          return [{ principal, action: 'name-in-use', rowClass: 'bulk', detail: [] } satisfies PlanItem];
        return [compareUnlinked(principal, resource, free, matching[kind])];
      });
      return [...present, ...compareLeavers(kind, wanted[kind], links, { byScimId, managed })];
    }),
    ...(managed === undefined ? compareMembers(desired.groups, actual.members, links, linked) : []),
  ];
}

function compareLeavers(
  kind: PrincipalKind,
  wanted: ReadonlyMap<string, DesiredResource>,
  links: readonly KnownLink[],
  { byScimId, managed }: Pick<CompareOptions, 'managed'> & { byScimId: ByScimId },
): PlanItem[] {
  // Groups are not switched off: they lose their members, which is the members' comparison.
  if (!kindTraits[kind].isAccount) return [];
  return links.flatMap(({ principal, status, scimId, leaver, written }) => {
    if (principal.kind !== kind || wanted.has(principal.id)) return [];
    const there = byScimId.get(scimId);
    const isOn = there?.active === true;
    const mayBeHidden = managed !== undefined && there === undefined && written.active !== false;
    const isLinkedLeft = mayBeHidden || (leaver === 'goes' ? there !== undefined : isOn);
    // What somebody else took away is ours again only where it was put back.
    const isLeft = status === 'gone' ? isOn : isLinkedLeft;
    if (leaver === 'stays' || !(isLeft || status === 'creating')) return [];
    return [{ principal, action: 'deactivate', rowClass: 'revoke', scimId, detail: ['active'] } as const];
  });
}

function compareUnlinked(
  principal: Principal,
  resource: DesiredResource,
  free: readonly ActualResource[],
  matching: readonly string[],
): PlanItem {
  const found = findOwn(principal, resource, free, matching);
  const ids = found.candidates.map(({ scimId }) => scimId);
  const scimId = ids.length === 1 ? ids[0] : undefined;
  const detail = found.action === 'create' ? Object.keys(resource.create) : ids.length > 1 ? ids : [];
  return { principal, action: found.action, rowClass: 'bulk', scimId, detail };
}

function compareLinked(
  principal: Principal,
  wanted: Attributes,
  link: KnownLink,
  { there, managed }: Pick<CompareOptions, 'managed'> & { there: ActualResource | undefined },
): PlanItem[] {
  const { scimId } = link;
  // Whoever switched it off, or deleted it, has taken that back.
  if (link.status === 'gone' && there?.active === true)
    return [{ principal, action: 'update', rowClass: 'bulk', scimId, detail: ['active'] }];
  if (link.status === 'gone')
    return [{ principal, action: 'missing-in-target', rowClass: 'bulk', detail: [] }];
  if (link.status === 'creating') return [{ principal, action: 'create', rowClass: 'bulk', detail: [] }];
  if (there === undefined && managed !== undefined) return [];
  if (there === undefined)
    return [{ principal, action: 'missing-in-target', rowClass: 'bulk', scimId, detail: [] }];
  // Our last word was "active", nothing of ours is under way, and the account is off: that was somebody else.
  const switchedOff = there.active === false && link.written.active === true && !link.unsettled;
  if (switchedOff)
    return [{ principal, action: 'switched-off-in-target', rowClass: 'bulk', scimId, detail: ['active'] }];
  const detail = Object.entries(wanted)
    .filter(([name, value]) => value !== undefined && differs(principal.kind, name, value, there))
    .flatMap(([name]) => (managed === undefined || managed(name) ? [name] : []));
  return detail.length === 0 ? [] : [{ principal, action: 'update', rowClass: 'bulk', scimId, detail }];
}

/** A name that is lower-cased by the target and cannot be written: only what is more than case is a difference. */
function differs(kind: PrincipalKind, key: string, wanted: string | boolean, there: ActualResource): boolean {
  const { nameAttribute, nameIsImmutable } = kindTraits[kind];
  const value = there.attributes[key];
  const name = foldName(String(value ?? ''));
  if (nameIsImmutable && key === nameAttribute) return foldName(String(wanted)) !== name;
  // An account without a displayName is shown under its name (Terraform provider: the attribute is computed).
  if (wanted === '' && key === 'displayName' && name === foldName(there.name)) return false;
  return !sameValue(key, wanted, value);
}

function suffixed(id: string, resource: DesiredResource, maxLength: number): DesiredResource {
  const { displayName } = resource.set;
  if (displayName === undefined) return resource;
  return {
    ...resource,
    set: { ...resource.set, displayName: withSuffix(String(displayName), id, maxLength) },
  };
}

/** Groups that lose their name to another: the linked one keeps it, else the older, then the smaller id. */
function rivals(desired: DesiredPicture, linked: ReadonlyMap<string, KnownLink>): ReadonlySet<string> {
  const byName = Map.groupBy(desired.groups, ([, { create }]) => foldName(String(create.displayName ?? '')));
  const losers = new Set<string>();
  for (const [name, groups] of byName) {
    const claimants = groups.map(([id, { createdDateTime }]) => ({ id, createdDateTime }));
    const holder = claimants.find(({ id }) => {
      const link = linked.get(`group:${id}`);
      return link !== undefined && foldName(link.name) === name;
    });
    const keeper = holder ?? claimants.toSorted(byClaim)[0];
    for (const claimant of claimants) if (claimant !== keeper) losers.add(claimant.id);
  }
  return losers;
}
