import { randomUUID } from 'node:crypto';
import type { GraphDirectory } from '../directory/graph-directory.ts';
import { type Principal, principalKey, principalKind } from '../identity/principal.ts';
import { lookObligation, obligationSubject } from '../messaging/message.ts';
import { askedChange } from './asked-change.ts';
import type { OperationsContext } from './context.ts';

/** A look that was asked for. */
export interface AskedLook {
  /** `user:…` */
  readonly principal: string;
  readonly targets: readonly string[];
  /** Under it, every line of the log that follows is found. */
  readonly correlationId: string;
}

/**
 * Has one principal looked at in every target, as after a change in Entra ID: one message for each on the queue. It has a
 * nonce, so that it is folded into nothing that waits there already and its lines are found under its own correlation id.
 */
export async function askForLook(
  { queue, targets }: Pick<OperationsContext, 'queue' | 'targets'>,
  p: Principal,
): Promise<AskedLook> {
  const nonce = randomUUID();
  const correlationId = `look-${nonce}`;
  for (const { id: target } of targets) {
    const change = askedChange({ target, principal: p, correlationId });
    const chain = `${obligationSubject(target, principalKey(p))}|d|${nonce}`;
    await queue.sendCopy(lookObligation(change), { chain, attempt: 0, hops: 0 });
  }
  return { principal: principalKey(p), targets: targets.map(({ id }) => id), correlationId };
}

/**
 * Of what kind the principal with that object id is: by what is linked, and by Entra ID for who is linked nowhere.
 * Undefined when neither knows it.
 */
export async function principalOf(
  { state, targets, directory }: Pick<OperationsContext, 'state' | 'targets'> & { directory: GraphDirectory },
  id: string,
): Promise<Principal | undefined> {
  for (const kind of principalKind.options)
    for (const { id: target } of targets)
      if ((await state.links.get(target, { kind, id })) !== undefined) return { kind, id };
  if ((await directory.getUser(id)) !== undefined) return { kind: 'user', id };
  if ((await directory.getGroup(id)) !== undefined) return { kind: 'group', id };
  if ((await directory.getServicePrincipal(id)) !== undefined) return { kind: 'servicePrincipal', id };
  return undefined;
}
