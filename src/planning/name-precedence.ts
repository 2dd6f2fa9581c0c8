/** One of several groups that want the same name. */
export interface Claimant {
  readonly id: string;
  /** As Graph says it; null where that is unknown. */
  readonly createdDateTime: string | null;
}

/** Sorts by the better claim to a name that no linked group has: the older group, then the smaller id. */
export function byClaim(a: Claimant, b: Claimant): number {
  return bornAt(a) - bornAt(b) || (a.id < b.id ? -1 : 1);
}

function bornAt({ createdDateTime }: Claimant): number {
  const at = Date.parse(createdDateTime ?? '');
  return Number.isNaN(at) ? Number.MAX_VALUE : at;
}
