import { randomUUID } from 'node:crypto';
import type { OperationsContext } from './context.ts';

/**
 * Makes the next tick of the reconcile timer run a full cycle. With `audit`, that cycle compares every target
 * completely, whenever it did so last.
 * @param options.audit the reason, as it appears in the target's state
 */
export async function requestCycle(
  { state, targets }: Pick<OperationsContext, 'state' | 'targets'>,
  options: { readonly audit?: string } = {},
): Promise<void> {
  const { audit } = options;
  if (audit !== undefined) {
    // Unlike any other request: an audit that runs now clears only the one that it began with.
    for (const { id } of targets) {
      await state.targets.update(id, before => ({ ...before, auditDue: `${audit} (${randomUUID()})` }));
    }
  }
  await state.targets.writeCycle({ ...(await state.targets.readCycle()), requested: true });
}
