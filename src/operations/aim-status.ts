import type { TargetState } from '../state/target-state.ts';

/** Whether Databricks manages the identities of a target automatically, as far as we know. Times are ms since the epoch. */
export type AimStatus =
  | {
      readonly state: 'on' | 'off';
      readonly since: number;
      readonly checkedAt: number;
      /** A first probe said that it is on; another one, ten minutes later, has to agree. */
      readonly suspectedSince?: number | undefined;
    }
  | { readonly state: 'unknown'; readonly reason: string | undefined };

export function aimStatus({ aim, aimUnknown }: TargetState): AimStatus {
  if (aim === undefined) return { state: 'unknown', reason: aimUnknown };
  const { on, ...times } = aim;
  return { state: on ? 'on' : 'off', ...times };
}
