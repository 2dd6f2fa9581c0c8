import { Absent } from '../directory/errors.ts';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Assignment, SourceGroup, SourceMember } from '../directory/types.ts';
import type { UserAttributes } from '../identity/desired.ts';
import { mapGroup } from '../mapping/group.ts';
import { mapUser } from '../mapping/user.ts';
import type { DesiredGroup, DesiredPicture } from '../planning/compare.ts';

/** Groups whose members are read at the same time. */
const READS_AT_ONCE = 4;

/** Reads everything that is in scope, completely. @throws whatever keeps a single read from its end. */
export async function readDesired(o: {
  directory: GraphDirectory;
  assignments: readonly Pick<Assignment, 'principal'>[];
  readHiddenMembership: boolean;
}): Promise<DesiredPicture> {
  const assigned = (kind: 'user' | 'group') => [
    ...new Set(
      o.assignments.filter(({ principal }) => principal.kind === kind).map(({ principal }) => principal.id),
    ),
  ];
  const groups = await readGroups(o, assigned('group'));
  const inScope = new Set([
    ...assigned('user'),
    ...[...groups.values()].flatMap(({ members }) => [...members]),
  ]);
  const users = new Map<string, UserAttributes>();
  for (const [id, user] of await o.directory.getUsers([...inScope])) {
    if (user?.accountEnabled) users.set(id, mapUser(user, true));
  }
  return { users, groups };
}

async function readGroups(
  o: { directory: GraphDirectory; readHiddenMembership: boolean },
  ids: readonly string[],
): Promise<Map<string, DesiredGroup>> {
  const found = await o.directory.getGroups(ids);
  const groups = new Map<string, DesiredGroup>();
  const queue = [...found.entries()];
  const readSome = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [id, group] = next;
      const attributes = group && mapGroup(group);
      if (group === undefined || attributes === undefined) continue;
      const members = await readMembers(o.directory, id);
      if (members === undefined) continue;
      groups.set(id, {
        attributes,
        members: new Set(members.filter(({ kind }) => kind === 'user').map(member => member.id)),
        createdDateTime: group.createdDateTime,
        hidden: !o.readHiddenMembership && hides(group, members),
      });
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, readSome));
  return groups;
}

/** Undefined when the group was deleted between two reads. */
async function readMembers(directory: GraphDirectory, id: string): Promise<SourceMember[] | undefined> {
  try {
    return await directory.listTransitiveMembers(id);
  } catch (error) {
    if (error instanceof Absent) return undefined;
    throw error;
  }
}

function hides(group: SourceGroup, members: readonly SourceMember[]): boolean {
  return group.visibility === 'HiddenMembership' || members.some(member => member.hiddenMembership === true);
}
