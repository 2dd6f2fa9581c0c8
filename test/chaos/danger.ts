/** Ways in which a tenant lives, each of which has hurt some provisioning before. */
export const DANGERS = [
  'hire',
  'move',
  'leaver',
  'rename',
  'name re-use',
  're-creation',
  'name swap',
  'nesting change',
  'mass reassignment',
  'time-bound membership',
] as const;
export type Danger = (typeof DANGERS)[number];

/** One of them, in numbers that are read against whatever the tenant holds by then. */
export interface DangerDraw {
  readonly danger: Danger;
  readonly subject: number;
  readonly object: number;
  /** Milliseconds after which the second half of it follows, where it has one. */
  readonly lasts: number;
}

/** What was done: in words, and to whom. */
export interface Done {
  readonly story: string;
  readonly ids: readonly string[];
  /** Follows once `lasts` has passed. */
  readonly then?: () => Done | undefined;
}
