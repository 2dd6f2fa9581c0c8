import { MAX_NAME_LENGTH } from '../databricks/limits.ts';
import type { Change } from '../identity/change.ts';
import type { Attributes } from '../identity/desired.ts';
import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { withSuffix } from '../planning/name-suffix.ts';
import type { LinkRow } from '../state/links.ts';
import type { State } from '../state/state.ts';
import type { FollowUps } from './follow-ups.ts';

/**
 * A group is about to get another name: those that are held, or go by a name with a suffix, because they want the one
 * that it has are looked at. No feed tells them. Called before the write, so that a crash in between loses nobody: who
 * comes too early finds a group that is being renamed, and asks again.
 */
export async function wakeNamesakes(
  { state, followUps }: { readonly state: State; readonly followUps: FollowUps },
  change: Change,
  { displayName: name }: Attributes,
  link: LinkRow | undefined,
): Promise<void> {
  const { target, principal } = change;
  const old = link?.value.name;
  if (old === undefined || typeof name !== 'string' || foldName(old) === foldName(name)) return;
  await followUps.look(change, await namesakesOf(state, target, principal, old), 'attribute');
}

async function namesakesOf(
  state: State,
  target: string,
  holder: Principal,
  name: string,
): Promise<Principal[]> {
  const found = new Map<string, Principal>();
  for (const { value } of await state.holds.list(target)) {
    if (value.kind === 'name-in-use' && value.ids.includes(holder.id))
      found.set(value.principal.id, value.principal);
  }
  for await (const { value } of state.links.list(target, 'group')) {
    const { principal } = value;
    if (foldName(value.name) === foldName(withSuffix(name, principal.id, MAX_NAME_LENGTH)))
      found.set(principal.id, principal);
  }
  found.delete(holder.id);
  return [...found.values()];
}
