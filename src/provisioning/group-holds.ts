import type { HoldKind } from '../state/holds.ts';
import type { LookHold } from './apply-resource.ts';
import { assignmentHolds } from './assignment-holds.ts';

/** What a look at a group itself holds, beside what its resource and its members are held for. */
export const hiddenMembers: LookHold = {
  kind: 'hidden-membership',
  ids: [],
  cause: 'the group, or one nested in it, hides its members',
};

export function nestingCut(ids: readonly string[], isCircular: boolean): LookHold {
  const cause = isCircular
    ? 'the listed groups hold this one in their turn'
    : 'the listed groups are nested deeper than the target allows';
  return { kind: 'nesting-cut', ids, cause };
}

/** Holds about the resource itself; the applier decides about them. */
export const keptByResource = [
  'proposed-adoption',
  'refused-adoption',
  'ambiguous-match',
  'identity-re-use',
  'name-in-use',
  'protected-name',
  'missing-values',
  'deleted-in-target',
  'managed-identities',
  ...assignmentHolds,
] as const satisfies readonly HoldKind[];
