import type { RowClass } from '../identity/change.ts';
import type { Attributes, GroupAttributes, UserAttributes } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { type AdoptionDecision, decideAdoption, type ExistingResource } from './adoption.ts';
import { byClaim, type Claimant } from './name-precedence.ts';

/** The source as one complete read shows it. */
export interface DesiredPicture {
  /** In-scope and enabled users. */
  readonly users: ReadonlyMap<string, UserAttributes>;
  readonly groups: ReadonlyMap<string, DesiredGroup>;
}

export interface DesiredGroup {
  readonly attributes: GroupAttributes;
  /** Entra ids of all users below it, provisioned or not. */
  readonly members: ReadonlySet<string>;
  readonly createdDateTime: string | null;
  /** Its members cannot be seen completely: they are not compared. */
  readonly hidden: boolean;
}

/** A target as one complete read shows it, in our flat form. */
export interface ActualResource extends ExistingResource {
  readonly scimId: string;
  readonly attributes: Attributes;
}

export interface ActualPicture {
  readonly users: readonly ActualResource[];
  readonly groups: readonly ActualResource[];
  /** SCIM ids of the members of groups that are ours or could become ours. */
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface KnownLink {
  readonly principal: Principal;
  readonly status: 'creating' | 'linked' | 'gone';
  readonly scimId?: string;
  readonly name: string;
  readonly written: Attributes;
  readonly unsettled: boolean;
  /** For groups: what we wrote, Entra id -> SCIM id. */
  readonly members?: Readonly<Record<string, string>>;
}

export type PlanAction =
  | 'create'
  | 'adopt'
  | 'propose-adoption'
  | 'refuse-adoption'
  | 'update'
  | 'deactivate'
  | 'members'
  | 'missing-in-target'
  | 'switched-off-in-target'
  | 'name-in-use'
  | 'unknown-in-source';

export interface PlanItem {
  readonly principal: Principal;
  readonly action: PlanAction;
  readonly rowClass: RowClass;
  readonly scimId?: string;
  /** Attribute names, or Entra ids of members; never values. */
  readonly detail: readonly string[];
}

/** Everything that a target would need to become what the source says. Foreign resources and members are not in it. */
export function compare(
  desired: DesiredPicture,
  actual: ActualPicture,
  links: readonly KnownLink[],
): PlanItem[] {
  const linked = new Map(links.map(link => [`${link.principal.kind}:${link.principal.id}`, link]));
  const claimed = new Set(links.map(link => `${link.principal.kind}:${link.scimId}`));
  const scimIdOf = (user: string): string | undefined => {
    const link = linked.get(`user:${user}`);
    return link?.status === 'linked' ? link.scimId : undefined;
  };
  const free = (kind: 'user' | 'group', resources: readonly ActualResource[]) =>
    resources.filter(({ scimId }) => !claimed.has(`${kind}:${scimId}`));
  return [
    ...comparePrincipals('user', desired.users, actual.users, free('user', actual.users), linked),
    ...comparePrincipals(
      'group',
      new Map([...desired.groups].map(([id, group]) => [id, group.attributes])),
      actual.groups,
      free('group', actual.groups),
      linked,
      rivals(desired, linked),
    ),
    ...compareMembers(desired, actual, links, scimIdOf),
  ];
}

function comparePrincipals(
  kind: 'user' | 'group',
  desired: ReadonlyMap<string, UserAttributes | GroupAttributes>,
  actual: readonly ActualResource[],
  free: readonly ActualResource[],
  linked: ReadonlyMap<string, KnownLink>,
  beaten: ReadonlySet<string> = new Set(),
): PlanItem[] {
  const items: PlanItem[] = [];
  const byScimId = new Map(actual.map(resource => [resource.scimId, resource]));
  for (const [id, attributes] of desired) {
    const principal: Principal = { kind, id };
    const link = linked.get(`${kind}:${id}`);
    if (link === undefined && beaten.has(id)) {
      items.push({ principal, action: 'name-in-use', rowClass: 'bulk', detail: [] });
    } else if (link === undefined) items.push(compareUnlinked(principal, attributes, free));
    else items.push(...compareLinked(principal, attributes, link, byScimId.get(link.scimId ?? '')));
  }
  for (const link of linked.values()) {
    const { principal } = link;
    if (principal.kind !== kind || kind !== 'user' || link.status === 'gone' || desired.has(principal.id))
      continue;
    const there = byScimId.get(link.scimId ?? '');
    if (there?.active === true || link.status === 'creating') {
      items.push({
        principal,
        action: 'deactivate',
        rowClass: 'revoke',
        scimId: link.scimId,
        detail: ['active'],
      });
    }
  }
  return items;
}

function compareUnlinked(
  principal: Principal,
  attributes: UserAttributes | GroupAttributes,
  free: readonly ActualResource[],
): PlanItem {
  const name = 'userName' in attributes ? attributes.userName : attributes.displayName;
  const found =
    free.find(resource => resource.externalId === principal.id) ??
    free.find(resource => foldName(resource.name) === foldName(name));
  if (found === undefined)
    return { principal, action: 'create', rowClass: 'bulk', detail: Object.keys(attributes) };
  const decision = decideAdoption({ kind: principal.kind, name, externalId: principal.id }, found);
  return { principal, action: adoptionAction[decision], rowClass: 'bulk', scimId: found.scimId, detail: [] };
}

const adoptionAction: Record<AdoptionDecision, PlanAction> = {
  adopt: 'adopt',
  propose: 'propose-adoption',
  refuse: 'refuse-adoption',
};

function compareLinked(
  principal: Principal,
  wanted: UserAttributes | GroupAttributes,
  link: KnownLink,
  there: ActualResource | undefined,
): PlanItem[] {
  if (link.status === 'gone')
    return [{ principal, action: 'missing-in-target', rowClass: 'bulk', detail: [] }];
  if (link.status === 'creating') return [{ principal, action: 'create', rowClass: 'bulk', detail: [] }];
  const { scimId } = link;
  if (there === undefined)
    return [{ principal, action: 'missing-in-target', rowClass: 'bulk', scimId, detail: [] }];
  // Our last word was "active", nothing of ours is under way, and the account is off: that was somebody else.
  const switchedOff = there.active === false && link.written.active === true && !link.unsettled;
  if (switchedOff)
    return [{ principal, action: 'switched-off-in-target', rowClass: 'bulk', scimId, detail: ['active'] }];
  const detail = Object.entries(wanted)
    .filter(([name, value]) => value !== undefined && differs(name, value, there.attributes[name]))
    .map(([name]) => name);
  return detail.length === 0 ? [] : [{ principal, action: 'update', rowClass: 'bulk', scimId, detail }];
}

/** userName is lower-cased by the target and cannot be written: only what is more than case is a difference. */
function differs(name: string, wanted: string | boolean, there: string | boolean | undefined): boolean {
  if (name === 'userName') return foldName(String(wanted)) !== foldName(String(there ?? ''));
  return wanted !== there;
}

/** Groups that lose their name to another: the linked one keeps it, else the older, then the smaller id. */
function rivals(desired: DesiredPicture, linked: ReadonlyMap<string, KnownLink>): ReadonlySet<string> {
  const byName = new Map<string, string[]>();
  for (const [id, { attributes }] of desired.groups) {
    const name = foldName(attributes.displayName);
    byName.set(name, [...(byName.get(name) ?? []), id]);
  }
  const claim = (id: string): Claimant => ({
    id,
    createdDateTime: desired.groups.get(id)?.createdDateTime ?? null,
  });
  const losers = new Set<string>();
  for (const ids of byName.values()) {
    const keeper = ids.find(id => linked.has(`group:${id}`)) ?? ids.map(claim).sort(byClaim)[0]?.id;
    for (const id of ids) if (id !== keeper) losers.add(id);
  }
  return losers;
}

function compareMembers(
  desired: DesiredPicture,
  actual: ActualPicture,
  links: readonly KnownLink[],
  scimIdOf: (user: string) => string | undefined,
): PlanItem[] {
  const items: PlanItem[] = [];
  for (const link of links) {
    const { principal, scimId } = link;
    if (principal.kind !== 'group' || link.status !== 'linked' || scimId === undefined) continue;
    const group = desired.groups.get(principal.id);
    if (group?.hidden === true) continue;
    const there = actual.members.get(scimId) ?? new Set<string>();
    const wanted = group?.members ?? new Set<string>();
    const missing = [...wanted].filter(user => {
      const id = scimIdOf(user);
      return id !== undefined && !there.has(id);
    });
    const surplus = Object.entries(link.members ?? {}).filter(
      ([user, id]) => !wanted.has(user) && there.has(id),
    );
    if (missing.length + surplus.length === 0) continue;
    items.push({
      principal,
      action: 'members',
      rowClass: surplus.length > 0 ? 'revoke' : 'bulk',
      scimId,
      detail: [...missing, ...surplus.map(([user]) => user)],
    });
  }
  return items;
}
