import type { Wanted } from '../planning/resource-plan.ts';
import type { LinkRow } from '../state/links.ts';
import type { TargetState } from '../state/target-state.ts';

/** Live changes may only revoke for now; everything else waits as a row. */
export class TargetClosed extends Error {
  override readonly name = 'TargetClosed';
}

/**
 * `open`: everything is written. `revoking`: the target is not indexed yet, or waits for a person's approval of the
 * first plan, so that only what takes access away is written.
 */
export type Gate = 'open' | 'revoking';

export function gateOf(state: TargetState): Gate {
  return state.indexed && !state.planOnly ? 'open' : 'revoking';
}

/** @throws {TargetClosed} when the gate keeps back what the look wants. */
export function refuseUnlessRevoking(gate: Gate, wanted: Wanted, link: LinkRow | undefined): void {
  if (gate === 'open') return;
  const revokes = wanted.create === undefined && wanted.set.active === false;
  if (revokes || (link === undefined && wanted.create === undefined)) return;
  throw new TargetClosed('the target takes revocations only');
}
