import { now } from '../identity/clock.ts';
import type { Principal } from '../identity/principal.ts';
import type { HoldKind } from '../state/holds.ts';
import type { State } from '../state/state.ts';
import { forgetMemberships } from './forget-memberships.ts';
import { kinds } from './kinds.ts';
import { namingWorkspaces, workspacesOf } from './lost-workspaces.ts';
import type { Write } from './outcome.ts';
import type { TargetSession } from './target-session.ts';

/** Deletes a group that left, once a person has approved that: permissions may be granted to it in the target. */
export async function deleteGroup(
  state: State,
  session: TargetSession,
  p: Principal,
): Promise<{ readonly writes: readonly Write[]; readonly held: readonly HoldKind[] }> {
  const target = session.target.id;
  const row = await state.links.get(target, p);
  const scimId = row?.value.scimId;
  if (row === undefined || scimId === undefined) return { writes: [], held: [] };
  const cause = namingWorkspaces(
    'the group left, and the policy wants it to be deleted',
    'its members lose',
    await workspacesOf(state, target, p),
  );
  const approved = await state.holds.hold(
    target,
    { kind: 'group-deletion', principal: p, ids: [scimId], cause },
    now(),
  );
  if (!approved) return { writes: [], held: ['group-deletion'] };
  session.admit('write', 'revoke');
  const { scim } = session.target;
  await session.send(() => scim.delete(kinds.group.type, scimId, session.request), { operation: 'delete' });
  await forgetMemberships(state, target, p.id);
  await state.graces.clear(target, p);
  await state.links.forget(target, row);
  await state.targets.count(target, p.kind, -1);
  await state.holds.withdraw(target, p);
  return { writes: [{ action: 'delete-group', scimId, detail: '' }], held: [] };
}
