import type { SourceGroup } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceAccess } from './source-evidence.ts';

/**
 * Which of these groups hide members from us, themselves or in a group nested below them. Lists and checks leave such
 * memberships out, silently: that somebody is not seen in one of them says nothing.
 */
export async function hidingGroups(
  { directory, policy }: Pick<SourceAccess, 'directory' | 'policy'>,
  ids: readonly string[],
): Promise<string[]> {
  if (policy.readHiddenMembership || ids.length === 0) return [];
  const groups = await directory.getGroups(ids);
  const hiding: string[] = [];
  for (const [id, group] of groups) {
    if (group === undefined) continue;
    if (hidesItsOwn(group) || (await hidesBelow(directory, id))) hiding.push(id);
  }
  return hiding;
}

/** Whether a principal that nothing seems to entitle any more may be entitled by a membership that we cannot see. */
export async function maySomethingBeHidden(
  o: Pick<SourceAccess, 'directory' | 'policy' | 'state'>,
  target: string,
  p: Principal,
  entitling: readonly string[],
): Promise<boolean> {
  const { directory, policy, state } = o;
  if (policy.readHiddenMembership) return false;
  // An account's way in may be anywhere; of a group's own members nothing follows for the group.
  if (p.kind !== 'group' && (await state.holds.anyGroup(target, 'hidden-membership'))) return true;
  const groups = await directory.getGroups(entitling);
  if ([...groups.values()].some(group => group !== undefined && hidesItsOwn(group))) return true;
  if (policy.nesting.reach === 'direct') return false;
  // A group that hides its members may have been nested a moment ago, so that no look has met it yet.
  const holding = await state.memberIndex.groupsOf(target, p.id);
  const above = await Promise.all([...holding, p.id].map(id => state.nesting.ancestorsOf(target, id)));
  return (await hidingGroups(o, [...new Set([...holding, ...above.flat()])])).length > 0;
}

function hidesItsOwn({ visibility }: SourceGroup): boolean {
  return visibility === 'HiddenMembership';
}

async function hidesBelow(directory: SourceAccess['directory'], id: string): Promise<boolean> {
  return (await directory.listNestedGroups(id)).some(({ hiddenMembership }) => hiddenMembership === true);
}
