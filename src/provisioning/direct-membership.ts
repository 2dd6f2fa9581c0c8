import { Absent } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Principal } from '../identity/principal.ts';

/**
 * Whether a principal is a direct member of a group. A check answers for nested members as well, and a list may have
 * lost its last page: that the list lacks the group is believed when the check denies it too, or when a group below
 * explains why the check does not.
 *
 * @returns `absent`: no such principal
 */
export async function isDirectMember(
  directory: GraphDirectory,
  groupId: string,
  p: Principal,
): Promise<boolean | 'absent'> {
  try {
    if ((await directory.listMemberOf(p)).includes(groupId)) return true;
    const held = await directory.checkMemberGroups(p, [groupId]);
    if (held === undefined) return 'absent';
    if (!held.includes(groupId)) return false;
    const below = (await directory.listNestedGroups(groupId)).map(({ id }) => id);
    const through = await directory.checkMemberGroups(p, below);
    return through === undefined ? 'absent' : through.length === 0;
  } catch (error) {
    if (error instanceof Absent) return 'absent';
    throw error;
  }
}
