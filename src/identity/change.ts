import type { Principal } from './principal.ts';

/** Which feed or rule asked for a look. */
export const causes = [
  'notification',
  'poll',
  'later-look',
  'audit',
  'follow-up',
  'failure-retry',
  'replay',
  'on-demand',
] as const;
export type Cause = (typeof causes)[number];

/**
 * The order in which the backlog of a target is worked off: what takes access away goes before everything else,
 * the initial load after everything else.
 */
export const rowClasses = ['revoke', 'grant', 'attribute', 'bulk'] as const;
export type RowClass = (typeof rowClasses)[number];

/**
 * A note that a principal may differ in one target. It carries no attribute values: whoever handles it reads the
 * principal as it is then.
 */
export interface Change {
  readonly target: string;
  readonly principal: Principal;
  readonly cause: Cause;
  /** The look has to happen at or after this instant (ms since the epoch). */
  readonly notBefore: number;
  /** When a feed told us (ms); the provisioning log measures latency from here. */
  readonly heardAt: number;
  /** How many later looks in a row settled nothing. Left out: none, or nobody counted. */
  readonly again?: number | undefined;
  /** Ties copies, rows, follow-ups and log lines of one feed item together. */
  readonly correlationId: string;
}
