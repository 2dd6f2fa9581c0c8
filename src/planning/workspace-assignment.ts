/** What somebody may do in a workspace. ADMIN includes USER. */
type Permission = 'USER' | 'ADMIN';

export interface AssignmentFacts {
  /** What the configuration gives; undefined: nothing. */
  readonly wanted: Permission | undefined;
  /** What the workspace shows; undefined: nothing. */
  readonly actual: Permission | undefined;
  /** What we gave, or may have given: nothing else is ever taken away. */
  readonly ours: ReadonlySet<Permission>;
  /** Ours stands in the place of a USER that somebody else had given: where nothing is wanted, that one comes back. */
  readonly replacedUser?: boolean;
  /** ADMIN that somebody else gave to a wanted USER is taken back. */
  readonly assert?: boolean;
}

export type AssignmentStep =
  | { readonly action: 'none' }
  /** `takesAdmin`: in the place of ADMIN. */
  | { readonly action: 'assign'; readonly permission: Permission; readonly takesAdmin: boolean }
  | { readonly action: 'remove'; readonly takesAdmin: boolean };

const NONE: AssignmentStep = { action: 'none' };

/** The one write that brings an assignment to what is wanted. */
export function decideAssignment({
  wanted,
  actual,
  ours,
  replacedUser,
  assert,
}: AssignmentFacts): AssignmentStep {
  if (wanted === undefined) {
    // What we gave and is not shown may be hidden by a replica that lags: taken away all the same.
    const isOurs = actual === undefined ? ours.size > 0 : ours.has(actual);
    if (!isOurs) return NONE;
    const takesAdmin = actual === 'ADMIN' || (actual === undefined && ours.has('ADMIN'));
    return actual === 'ADMIN' && replacedUser
      ? { action: 'assign', permission: 'USER', takesAdmin }
      : { action: 'remove', takesAdmin };
  }
  if (actual === wanted) return NONE;
  if (wanted === 'ADMIN' || actual === undefined)
    return { action: 'assign', permission: wanted, takesAdmin: false };
  return assert || ours.has('ADMIN') ? { action: 'assign', permission: 'USER', takesAdmin: true } : NONE;
}

/** Kept with a link, for each workspace: what we last brought about, and what is under way. */
export interface KnownAssignment {
  /** The resource that was assigned: another one of the same principal starts anew. */
  readonly scimId: string;
  /** What the configuration gave when it was last looked at; undefined while nothing came of the first try. */
  readonly permission?: Permission | undefined;
  /** We gave it; otherwise it was there before us. */
  readonly ours: boolean;
  readonly replacedUser?: boolean | undefined;
  /** About to be written; without a permission: about to be taken away. */
  readonly intent?: { readonly permission?: Permission | undefined } | undefined;
  /** An audit saw it differing. */
  readonly uncertain?: boolean | undefined;
}

/** What we gave, or may have given. USER that somebody else had given before is his, also where we wrote it again. */
export function oursOf(known: KnownAssignment | undefined): ReadonlySet<Permission> {
  const given = known?.ours === true ? known.permission : undefined;
  const ours = [given, known?.intent?.permission].filter(permission => permission !== undefined);
  return new Set(known?.replacedUser === true ? ours.filter(permission => permission !== 'USER') : ours);
}
