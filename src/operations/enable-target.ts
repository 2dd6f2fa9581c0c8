import { randomUUID } from 'node:crypto';
import type { OperationsContext } from './context.ts';

/**
 * Ends a target's quarantine at a person's word, also one that is not probed any longer. A full comparison follows: what
 * happened in the meantime waits as rows, and nobody knows what happened in the target.
 * @returns false when the target is not in quarantine
 */
export async function enableTarget(
  { state, queue }: Pick<OperationsContext, 'state' | 'queue'>,
  target: string,
): Promise<boolean> {
  let wasClosed = false;
  await state.targets.update(target, ({ quarantine, ...known }) => {
    wasClosed = quarantine !== undefined;
    // Of its own for each time, so that a comparison that is running does not count as this one.
    return wasClosed
      ? { ...known, auditDue: `switched on again (${randomUUID()})`, released: undefined }
      : known;
  });
  if (wasClosed) await queue.sendPump(target);
  return wasClosed;
}
