import type { ChangeQueue } from '../messaging/change-queue.ts';
import type { Target } from '../provisioning/target.ts';
import type { AssignmentPass } from '../reconciliation/assignment-pass.ts';
import type { Audit } from '../reconciliation/audit.ts';
import type { State } from '../state/state.ts';

/**
 * What the use cases for people work with; the composed app has all of it. They read, and they write state and backlog
 * rows. To a target they never write: that is its owner's alone.
 */
export interface OperationsContext {
  readonly state: State;
  readonly queue: ChangeQueue;
  readonly targets: readonly Target[];
  readonly audit: Audit;
  readonly assignments: AssignmentPass;
  /** How many different people have to approve a hold. */
  readonly approvals: number;
}
