import { Absent } from '../directory/errors.ts';
import type { SourceMember } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceAccess } from './source-evidence.ts';

/**
 * Entra ID lets groups hold each other in a circle, Databricks does not. Of a circle, only memberships of a group with
 * a larger id in one with a smaller id are kept: whoever looks first, the same ones are cut.
 */
export async function cutCircles(
  { directory, policy }: Pick<SourceAccess, 'directory' | 'policy'>,
  group: Principal,
  members: readonly SourceMember[],
): Promise<{ kept: readonly SourceMember[]; cut: readonly string[] }> {
  if (!policy.nesting.mirror) return { kept: members, cut: [] };
  const cut: string[] = [];
  for (const { kind, id } of members) {
    if (kind !== 'group' || id > group.id) continue;
    try {
      const below = await directory.listTransitiveMembers(id);
      if (below.some(member => member.id === group.id)) cut.push(id);
    } catch (error) {
      // Deleted since the list was read: nothing below it.
      if (!(error instanceof Absent)) throw error;
    }
  }
  return { kept: members.filter(({ id }) => !cut.includes(id)), cut };
}
