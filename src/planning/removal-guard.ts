/**
 * What the guard counts apart: accounts switched off or deleted, members taken out of groups, and what people who stay
 * lose besides (roles, entitlements, workspace assignments).
 */
export const removalClasses = ['accounts', 'memberships', 'grants'] as const;
export type RemovalClass = (typeof removalClasses)[number];

/** Within `ms` milliseconds no more may go than the larger of `count` and `percent` of all there are. */
export interface GuardWindow {
  readonly ms: number;
  readonly count: number;
  readonly percent: number;
}
export type GuardLimits = Readonly<Record<RemovalClass, readonly GuardWindow[]>>;

/** Removals of ten minutes: `[number of the ten minutes since the epoch, how many]`. */
export type Removals = readonly (readonly [bucket: number, count: number])[];

/** Coarse enough for a week to fit into one row of storage. */
const BUCKET_MS = 600_000;

/**
 * How many more may go at `at`, so that no window that ends there holds more than it allows. Ten minutes count for as
 * long as any part of them lies in the window: at worst a little is held that need not be.
 *
 * @param total all there are, which the shares are taken of
 */
export function roomLeft(
  removals: Removals,
  windows: readonly GuardWindow[],
  total: number,
  at: number,
): number {
  const rooms = windows.map(({ ms, count, percent }) => {
    const allowed = Math.max(count, Math.floor((total * percent) / 100));
    return allowed - sum(removals.filter(([bucket]) => endOf(bucket) > at - ms));
  });
  return Math.max(0, Math.min(...rooms));
}

/** The removals with `count` more at `at`, and without those that no window sees any more. */
export function withRemovals(
  removals: Removals,
  windows: readonly GuardWindow[],
  count: number,
  at: number,
): Removals {
  const longest = Math.max(0, ...windows.map(({ ms }) => ms));
  const current = Math.floor(at / BUCKET_MS);
  const seen = removals.filter(([bucket]) => endOf(bucket) > at - longest);
  const before = sum(seen.filter(([bucket]) => bucket === current));
  return [...seen.filter(([bucket]) => bucket !== current), [current, before + count]];
}

function endOf(bucket: number): number {
  return (bucket + 1) * BUCKET_MS;
}

function sum(removals: Removals): number {
  return removals.reduce((all, [, count]) => all + count, 0);
}
