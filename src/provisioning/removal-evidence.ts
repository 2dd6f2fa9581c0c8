import { forEachAtOnce } from '../identity/at-once.ts';
import type { Principal } from '../identity/principal.ts';
import { isDirectMember } from './direct-membership.ts';
import { isDeleted, type SourceAccess } from './source-evidence.ts';

/** Members that are asked at the same time. */
const READS_AT_ONCE = 8;

export interface ConfirmedRemovals {
  /** Missing from the list and from the member's own view, or the member is gone from the source. */
  readonly confirmed: ReadonlySet<string>;
  /** Those of `confirmed` whose person is gone: they do not count towards a suspicious shrink. */
  readonly leavers: ReadonlySet<string>;
  /** Reads disagree, or a 404 is not explained yet: kept, and looked at again. */
  readonly undecided: number;
}

/**
 * The second, different read before a membership is taken away: each missing member is asked for its own groups.
 * A list may be cut short or lag; it alone removes nobody.
 */
export async function confirmRemovals(
  o: Pick<SourceAccess, 'directory' | 'state' | 'policy'>,
  groupId: string,
  candidates: readonly Principal[],
): Promise<ConfirmedRemovals> {
  const confirmed = new Set<string>();
  const leavers = new Set<string>();
  const answers = await askMembers(o, groupId, candidates);
  for (const p of candidates) {
    const answer = answers.get(p.id);
    if (answer === false) confirmed.add(p.id);
    else if (answer === 'absent' && (await isDeleted(o, p))) {
      confirmed.add(p.id);
      leavers.add(p.id);
    }
  }
  return { confirmed, leavers, undecided: candidates.length - confirmed.size };
}

async function askMembers(
  { directory, policy }: Pick<SourceAccess, 'directory' | 'policy'>,
  groupId: string,
  candidates: readonly Principal[],
): Promise<ReadonlyMap<string, boolean | 'absent'>> {
  if (policy.nesting.members === 'transitive') return directory.checkMembership(groupId, candidates);
  const answers = new Map<string, boolean | 'absent'>();
  await forEachAtOnce(candidates, READS_AT_ONCE, async p => {
    answers.set(p.id, await isDirectMember(directory, groupId, p));
  });
  return answers;
}
