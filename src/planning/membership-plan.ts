/** Entra object id -> SCIM id. */
export type Members = Readonly<Record<string, string>>;

export interface RecordFacts {
  readonly members: Members;
  readonly intent?: { readonly add: Members; readonly remove: Members };
  readonly uncertain: readonly string[];
}

export interface MembershipDifference {
  readonly add: Members;
  /** Candidates only: each needs a second read that agrees before it is removed. */
  readonly remove: Members;
  /** Accounts that a member had before. Nobody loses anything by their going; keyed by {@link replacedKey}. */
  readonly replaced: Members;
}

/** The key of an earlier account of a member. No Entra object id holds a `#`. */
function replacedKey(id: string, scimId: string): string {
  return `${id}#${scimId}`;
}

export function isReplaced(key: string): boolean {
  return key.includes('#');
}

/**
 * What to write so that a group's members become `wanted`, given what we wrote before.
 *
 * Members under an open intent may or may not be there: wanted ones are added again, the others removed again.
 * Members that the target has and we never wrote are not looked at: they are not ours.
 */
export function membershipDifference(wanted: Members, record: RecordFacts): MembershipDifference {
  const { intent, uncertain } = record;
  const unsure = new Set([
    ...Object.keys(intent?.add ?? {}),
    ...Object.keys(intent?.remove ?? {}),
    ...uncertain,
  ]);
  const possible: Members = { ...intent?.remove, ...intent?.add, ...record.members };
  const add: Record<string, string> = {};
  const remove: Record<string, string> = {};
  const replaced: Record<string, string> = {};
  for (const [id, scimId] of Object.entries(wanted)) {
    const before = record.members[id];
    if (before !== scimId || unsure.has(id)) add[id] = scimId;
    if (before !== undefined) replaced[replacedKey(id, before)] = before;
  }
  for (const [id, scimId] of Object.entries(possible)) {
    if (isReplaced(id)) replaced[id] = scimId;
    else if (!Object.hasOwn(wanted, id)) remove[id] = scimId;
  }
  // What a member has now was not replaced; he may also have come back to an earlier account.
  const current = new Set(Object.values(wanted));
  for (const [key, scimId] of Object.entries(replaced)) if (current.has(scimId)) delete replaced[key];
  return { add, remove, replaced };
}

export interface ShrinkLimit {
  readonly members: number;
  readonly percent: number;
}

/** A loss of more members, and of a larger share of a group, than the limit in one look is not believed without a person. */
export function isLargeShrink(removals: number, recorded: number, limit: ShrinkLimit): boolean {
  return removals > limit.members && removals * 100 > recorded * limit.percent;
}

export interface MemberPatch {
  readonly add: Members;
  readonly remove: Members;
}

/** The difference cut into PATCHes, removals first, so that none waits for an add. */
export function memberPatches(
  difference: MemberPatch,
  limits: { readonly maxAdds: number; readonly maxOperations: number },
): MemberPatch[] {
  const adds = Object.entries(difference.add);
  const removes = Object.entries(difference.remove);
  const patches: MemberPatch[] = [];
  while (adds.length > 0 || removes.length > 0) {
    const remove = removes.splice(0, limits.maxOperations);
    // While it is full of removals more may remain, and go first: a grant never delays them. The adds of a PATCH are
    // one operation, however many.
    const hasRoom = remove.length < limits.maxOperations;
    const add = hasRoom ? adds.splice(0, limits.maxAdds) : [];
    patches.push({ add: Object.fromEntries(add), remove: Object.fromEntries(remove) });
  }
  return patches;
}
