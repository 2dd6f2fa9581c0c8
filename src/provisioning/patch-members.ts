import { Permanent, RetryLater } from '../identity/errors.ts';
import type { MemberPatch, Members } from '../planning/membership-plan.ts';
import { addMembers, removeMembers } from '../scim/patch.ts';
import type { TargetSession } from './target-session.ts';

export interface PatchedMembers {
  readonly done: MemberPatch;
  /** Members that the target refuses: each is handled on his own. */
  readonly refused: Members;
}

/**
 * Sends one membership PATCH. When the target refuses it because of what it holds, it is split until the refused
 * members are found: a PATCH is not assumed atomic, and repeating an operation that took effect changes nothing.
 *
 * @throws what {@link TargetSession.send} throws for everything but a refusal.
 */
export async function patchMembers(
  session: TargetSession,
  scimGroupId: string,
  patch: MemberPatch,
  lastWriteAt: number | undefined,
): Promise<PatchedMembers> {
  const adds = Object.keys(patch.add).length;
  const removes = Object.keys(patch.remove).length;
  const operations = [...removeMembers(Object.values(patch.remove)), ...addMembers(Object.values(patch.add))];
  if (operations.length === 0) return { done: patch, refused: {} };
  try {
    await session.send(
      () => session.target.scim.patch('Groups', scimGroupId, operations, session.request),
      // Only a PATCH of a single removal may take "no such attribute" for "already done".
      {
        operation: adds === 0 && removes > 0 ? 'remove' : 'patch',
        operations: operations.length,
        lastWriteAt,
      },
    );
    return { done: patch, refused: {} };
  } catch (error) {
    if (!(error instanceof Permanent)) throw error;
    if (adds + removes === 1)
      return { done: { add: {}, remove: {} }, refused: { ...patch.add, ...patch.remove } };
    if (adds > 0 && removes > 0) {
      // Removals first: they do not wait for the search for a refused add.
      return join(
        await patchMembers(session, scimGroupId, { add: {}, remove: patch.remove }, lastWriteAt),
        await patchMembers(session, scimGroupId, { add: patch.add, remove: {} }, lastWriteAt),
      );
    }
    const [first, second] = halves(patch);
    return join(
      await patchMembers(session, scimGroupId, first, lastWriteAt),
      await patchMembers(session, scimGroupId, second, lastWriteAt),
    );
  }
}

function halves(patch: MemberPatch): [MemberPatch, MemberPatch] {
  const split = (members: Members): [Members, Members] => {
    const entries = Object.entries(members);
    const middle = Math.ceil(entries.length / 2);
    return [Object.fromEntries(entries.slice(0, middle)), Object.fromEntries(entries.slice(middle))];
  };
  const [addFirst, addSecond] = split(patch.add);
  const [removeFirst, removeSecond] = split(patch.remove);
  return [
    { add: addFirst, remove: removeFirst },
    { add: addSecond, remove: removeSecond },
  ];
}

function join(a: PatchedMembers, b: PatchedMembers): PatchedMembers {
  return {
    done: { add: { ...a.done.add, ...b.done.add }, remove: { ...a.done.remove, ...b.done.remove } },
    refused: { ...a.refused, ...b.refused },
  };
}

/** What refusals of members mean for the group once everything else was written. */
export function refusal(refused: Members): RetryLater | undefined {
  const count = Object.keys(refused).length;
  return count === 0 ? undefined : new RetryLater(`the target refused ${count} members of a group`);
}
