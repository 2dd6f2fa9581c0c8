import type { DeltaChange } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import { computedUserPrincipalName } from '../mapping/sign-in-name.ts';
import type { State } from '../state/state.ts';

/** Accounts that a change concerns although no feed speaks of them. */

/**
 * Whose account was created under the name that a changed user has now. That account must go, whether or not the
 * newcomer is in scope; its own change may be long ago.
 */
export async function formerHolder(
  state: State,
  target: string,
  { kind, id, removed, userPrincipalName }: DeltaChange,
): Promise<Principal | undefined> {
  if (kind !== 'user' || removed !== undefined || userPrincipalName === undefined) return undefined;
  const name = computedUserPrincipalName(userPrincipalName);
  const holder = await state.links.holderOfName(target, 'user', name);
  return holder?.id === id ? undefined : holder;
}

/**
 * Service principals that we wrote into a group or into one nested in it. Where the scope is the whole tenant the
 * group stays when its assignment ends, and they, who were let in by that alone, do not.
 */
export async function servicePrincipalsIn(state: State, target: string, group: string): Promise<Principal[]> {
  const found = new Map<string, Principal>();
  const seen = new Set([group]);
  for (const id of seen) {
    const scimId = (await state.links.get(target, { kind: 'group', id }))?.value.scimId;
    if (scimId === undefined) continue;
    const { value } = await state.records.read(target, scimId);
    for (const [member, kind] of Object.entries(value.kinds)) {
      if (kind === 'servicePrincipal') found.set(member, { kind, id: member });
      if (kind === 'group') seen.add(member);
    }
  }
  return [...found.values()];
}
