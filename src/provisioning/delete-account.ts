import { now } from '../identity/clock.ts';
import { RetryLater } from '../identity/errors.ts';
import type { Principal } from '../identity/principal.ts';
import type { State } from '../state/state.ts';
import type { AppliedResource } from './apply-resource.ts';
import { forgetMemberships } from './forget-memberships.ts';
import { kinds } from './kinds.ts';
import { INTENT_SETTLES_MS } from './resource-run.ts';
import type { TargetSession } from './target-session.ts';

/**
 * Deletes the linked resource of somebody who left, as the policy says, and forgets the link: whoever comes back is
 * created anew, and gets his memberships back.
 * @throws {RetryLater} while an earlier write may still arrive
 */
export async function deleteAccount(
  state: State,
  session: TargetSession,
  p: Principal,
): Promise<AppliedResource> {
  const target = session.target.id;
  const row = await state.links.get(target, p);
  const scimId = row?.value.scimId;
  if (row === undefined || scimId === undefined) throw new RetryLater('a link without a resource');
  const wait = (row.value.intent?.at ?? 0) + INTENT_SETTLES_MS - now();
  if (wait > 0) throw new RetryLater('a write is not settled yet', { afterMs: wait });
  session.admit('write', 'revoke');
  const { scim } = session.target;
  await session.send(() => scim.delete(kinds[p.kind].type, scimId, session.request), {
    operation: 'delete',
  });
  await forgetMemberships(state, target, p.id);
  await state.graces.clear(target, p);
  await state.links.forget(target, row);
  await state.targets.count(target, p.kind, -1);
  const write = { action: `delete-${p.kind}`, scimId, detail: '' };
  return { link: undefined, writes: [write], held: [], unsettled: false };
}
