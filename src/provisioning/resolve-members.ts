import type { SourceMember } from '../directory/types.ts';
import { type Principal, type PrincipalKind, principalKey } from '../identity/principal.ts';
import type { State } from '../state/state.ts';

/** The wanted members of a group by what can be done about each: Entra ids, and the SCIM ids of those who are linked. */
export interface ResolvedMembers {
  readonly linked: Readonly<Record<string, string>>;
  /** Without a link, and enabled: to be created first. */
  readonly pending: readonly string[];
  /** Without a link, and disabled: not created. */
  readonly disabled: readonly string[];
  /** Linked, switched off by us, and enabled in the source. */
  readonly switchedOff: readonly string[];
  /** Somebody else took the account away in the target. */
  readonly takenAway: readonly string[];
  /** Kind of everybody named above. */
  readonly kinds: Readonly<Record<string, PrincipalKind>>;
}

/** Splits the source's list by what can be done about each of them now. */
export async function resolveMembers(
  state: State,
  target: string,
  members: readonly SourceMember[],
): Promise<ResolvedMembers> {
  const linked: Record<string, string> = {};
  const kinds: Record<string, PrincipalKind> = {};
  const lists = { pending: [] as string[], disabled: [] as string[] };
  const switchedOff: string[] = [];
  const takenAway: string[] = [];
  const links = await state.links.getMany(target, members.flatMap(principalOf));
  for (const member of members) {
    const [p] = principalOf(member);
    if (p === undefined) continue;
    kinds[p.id] = p.kind;
    const link = links.get(principalKey(p))?.value;
    if (link?.status === 'linked' && link.scimId !== undefined) {
      linked[p.id] = link.scimId;
      if (link.written.active === false && member.accountEnabled === true) switchedOff.push(p.id);
    } else if (link?.status === 'gone') takenAway.push(p.id);
    else if (member.accountEnabled === false) lists.disabled.push(p.id);
    else lists.pending.push(p.id);
  }
  return { linked, ...lists, switchedOff, takenAway, kinds };
}

/** None for a member that is of no kind that we know. */
function principalOf({ kind, id }: SourceMember): [Principal] | [] {
  return kind === 'other' ? [] : [{ kind, id }];
}
