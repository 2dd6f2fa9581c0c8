import type { PrincipalKind } from '../identity/principal.ts';
import type { DesiredGroup, KnownLink, PlanItem } from './picture.ts';

/** Where the members of our groups differ from what is wanted. Members that we never wrote are not looked at. */
export function compareMembers(
  groups: ReadonlyMap<string, DesiredGroup>,
  actual: ReadonlyMap<string, ReadonlySet<string>>,
  links: readonly KnownLink[],
  linked: ReadonlyMap<string, KnownLink>,
): PlanItem[] {
  const scimIdOf = (id: string, kind: PrincipalKind): string | undefined => {
    const link = linked.get(`${kind}:${id}`);
    return link?.status === 'linked' ? link.scimId : undefined;
  };
  return links.flatMap((link): PlanItem[] => {
    const { principal, scimId } = link;
    // Who is no group has no members, neither wanted nor recorded.
    if (link.status !== 'linked' || scimId === undefined) return [];
    const group = groups.get(principal.id);
    if (group?.hidden === true || (group === undefined && link.leaver === 'stays')) return [];
    const there = actual.get(scimId) ?? new Set<string>();
    const wanted: ReadonlyMap<string, PrincipalKind> = group?.members ?? new Map();
    const missing = [...wanted]
      .filter(([id, kind]) => {
        const member = scimIdOf(id, kind);
        return member !== undefined && !there.has(member);
      })
      .map(([id]) => id);
    const surplus = Object.entries(link.members ?? {})
      .filter(([id, member]) => !wanted.has(id) && there.has(member))
      .map(([id]) => id);
    if (missing.length + surplus.length === 0) return [];
    return [
      {
        principal,
        action: 'members',
        rowClass: surplus.length > 0 ? 'revoke' : 'bulk',
        scimId,
        detail: [...missing, ...surplus],
      },
    ];
  });
}
