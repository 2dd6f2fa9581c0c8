import type { Principal } from '../identity/principal.ts';
import type { ActualPicture, DesiredPicture, PlanItem } from '../planning/picture.ts';
import type { LimitReadings } from '../planning/resource-limits.ts';
import type { WorkspacesPlan } from './audit-workspaces.ts';
import type { KnownPicture } from './read-target.ts';

/** A full comparison: the differences, and the complete pictures that they were found in. */
export interface Plan {
  readonly items: readonly PlanItem[];
  readonly desired: DesiredPicture;
  readonly actual: ActualPicture;
  readonly known: KnownPicture;
  /** What the limits of the target say to it. */
  readonly limits: LimitReadings;
  /** Assignments to the workspaces of an account. */
  readonly workspaces: WorkspacesPlan;
  /** Of a workspace: whom none of the accounts in the same configuration holds. */
  readonly outsideAccount: readonly Principal[];
}
