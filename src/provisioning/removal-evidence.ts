import type { GraphDirectory } from '../directory/graph-directory.ts';
import type { Members } from '../planning/membership-plan.ts';
import type { State } from '../state/state.ts';
import { isDeleted } from './source-evidence.ts';

export interface ConfirmedRemovals {
  /** Missing from the list and from the member's own view, or the member is gone from the source. */
  readonly confirmed: Members;
  /** Those of `confirmed` whose person is gone: they do not count towards a suspicious shrink. */
  readonly leavers: ReadonlySet<string>;
  /** Reads disagree, or a 404 is not explained yet: kept, and looked at again. */
  readonly undecided: number;
}

/**
 * The second, different read before a membership is taken away: each missing member is asked for his own groups.
 * A list may be cut short or lag; it alone removes nobody.
 */
export async function confirmRemovals(
  o: { directory: GraphDirectory; state: State },
  groupId: string,
  candidates: Members,
): Promise<ConfirmedRemovals> {
  const confirmed: Record<string, string> = {};
  const leavers = new Set<string>();
  let undecided = 0;
  const answers = await o.directory.checkMembership(groupId, Object.keys(candidates));
  for (const [id, scimId] of Object.entries(candidates)) {
    const answer = answers.get(id);
    if (answer === false) confirmed[id] = scimId;
    else if (answer === 'absent' && (await isDeleted(o, { kind: 'user', id }))) {
      confirmed[id] = scimId;
      leavers.add(id);
    } else undecided += 1;
  }
  return { confirmed, leavers, undecided };
}
