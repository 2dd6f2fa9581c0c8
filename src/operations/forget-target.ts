import type { OperationsContext } from './context.ts';

/** What belongs to a target that is in use cannot be forgotten. The message says what to do first. */
export class TargetInUse extends Error {
  override readonly name = 'TargetInUse';
}

/** Long enough to remove a million rows, and over by itself when this process dies, in milliseconds. */
const FENCED_FOR_MS = 30 * 60_000;
/** Of all runs: whoever begins again goes on at once where one died. Two at the same time do each other no harm. */
const OWNER = 'forget-target';

/**
 * Removes everything that is stored of a target that was taken out of the configuration, but for the provisioning log.
 * In the target itself nothing changes: whoever is there stays there, and is found by his external id should it ever be
 * configured again. May be repeated until it came to its end.
 *
 * @returns how many rows, by table, and blobs; empty when nothing was stored of a target of that name
 * @throws {TargetInUse} when it is configured, or an instance of the app still writes to it
 */
export async function forgetTarget(
  { state, targets }: Pick<OperationsContext, 'state' | 'targets'>,
  target: string,
): Promise<Record<string, number>> {
  if (targets.some(({ id }) => id === target))
    throw new TargetInUse(`${target} is configured: take it out of the configuration and deploy that first`);
  // An instance that still has the old configuration would write new rows, and act upon half of the old ones.
  const held = await state.leases.acquire(target, OWNER, FENCED_FOR_MS);
  if (held === undefined)
    throw new TargetInUse(
      `an instance of the app still writes to ${target}: deploy first, then wait a minute`,
    );
  try {
    const { ProvisioningLeases: _ours, ...removed } = await state.targetRows.remove(target);
    return removed;
  } finally {
    await state.leases.release(target, held);
  }
}
