import type { HoldKind } from '../state/holds.ts';

/** Holds about assignments to workspaces: what the rest of a look finds says nothing about them. */
export const assignmentHolds = [
  'workspace-assignment',
  'last-admin',
  'assignment-removal-limit',
] as const satisfies readonly HoldKind[];
