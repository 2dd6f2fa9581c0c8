import { forEachAtOnce } from '../identity/at-once.ts';
import { type Principal, principalKey } from '../identity/principal.ts';
import type { State } from '../state/state.ts';

/** Principals whose links and groups are read at the same time. */
const READS_AT_ONCE = 8;

/**
 * Ids of the workspaces that somebody is assigned to by us, himself or by way of groups that we wrote him into: what he
 * has to lose. What others assigned is not known here.
 */
export async function workspacesOf(state: State, target: string, p: Principal): Promise<string[]> {
  const found = new Set<string>();
  const seen = new Set([principalKey(p)]);
  for (let row: readonly Principal[] = [p]; row.length > 0; ) {
    const above: Principal[] = [];
    await forEachAtOnce(row, READS_AT_ONCE, async one => {
      const link = (await state.links.get(target, one))?.value;
      for (const [workspaceId, { permission }] of Object.entries(link?.workspaces ?? {}))
        if (permission !== undefined) found.add(workspaceId);
      for (const id of await state.memberIndex.groupsOf(target, one.id)) {
        const group: Principal = { kind: 'group', id };
        if (!seen.has(principalKey(group))) above.push(group);
        seen.add(principalKey(group));
      }
    });
    row = above;
  }
  return [...found].sort();
}

/** Says with the cause of a hold what else an approval takes away. @param who such as `the listed members` */
export function namingWorkspaces(cause: string, who: string, workspaces: readonly string[]): string {
  return workspaces.length === 0 ? cause : `${cause}; ${who} workspace ${workspaces.join(', ')} with it`;
}
