import { now } from '../identity/clock.ts';
import type { Attributes } from '../identity/desired.ts';
import { Gone, RetryLater } from '../identity/errors.ts';
import { changeAttributes } from '../scim/patch.ts';
import type { LinkRow } from '../state/links.ts';
import { assertRoom } from './assert-room.ts';
import { patchOf } from './kinds.ts';
import { type ResourceRun, stored } from './resource-run.ts';

/**
 * Databricks never changes a userName. Where the policy says so, somebody who got another one gets another account:
 * here the link turns into one whose create is under way, and keeps the account that it had. The groups that hold him
 * are noted before, so that they follow once the new account is there.
 * @returns undefined when somebody else has the new name, which is held
 */
export async function beginReplacement(
  run: ResourceRun,
  row: LinkRow,
  attributes: Attributes,
): Promise<LinkRow | undefined> {
  const name = run.nameOf(attributes);
  const { scimId, name: oldName, written, lastWriteAt, former = [] } = row.value;
  if (row.value.status !== 'linked' || scimId === undefined) return undefined;
  if (await run.nameIsTaken(name)) return undefined;
  await assertRoom(run, attributes);
  run.session.admit('write', 'grant');
  const { memberIndex } = run.state;
  for (const group of await memberIndex.groupsOf(run.target, run.p.id))
    await memberIndex.addAsleep(run.target, group, [run.p.id]);
  return run.state.links.replace(run.target, row, {
    principal: run.p,
    status: 'creating',
    name,
    written: {},
    intent: { attributes: stored(attributes), at: now(), epoch: run.session.epoch },
    former: [...former, { scimId, name: oldName, written, active: written.active !== false, lastWriteAt }],
  });
}

/**
 * Switches earlier accounts off once there is a new one. Never deleted: what was granted to them does not move.
 * @throws {RetryLater} while the target neither takes the write nor says twice that the account is gone
 */
export async function retireFormer(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  let current = row;
  for (const { scimId, active, lastWriteAt } of row.value.former ?? []) {
    if (!active || current.value.status === 'creating') continue;
    run.session.admit('patch', 'revoke');
    const operations = changeAttributes(patchOf(run.kind, { active: false }));
    const { scim } = run.session.target;
    try {
      await run.session.send(() => scim.patch(run.kind.type, scimId, operations, run.session.request), {
        operation: 'patch',
        lastWriteAt,
      });
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
      // Somebody else deleted it: it is off. Nobody looks at it again, so that a read has to say so as well.
      const found = await run.session.send(() => scim.get(run.kind.type, scimId, run.session.request), {
        operation: 'get',
      });
      if (found !== undefined) throw new RetryLater('a former account is there for reads and not for writes');
    }
    run.wrote('retire', scimId, ['active']);
    const former = (current.value.former ?? []).map(account =>
      account.scimId === scimId ? { ...account, active: false } : account,
    );
    current = await run.state.links.replace(run.target, current, { ...current.value, former });
  }
  if ((current.value.former ?? []).length > 0)
    await run.hold(
      'user-name-change',
      (current.value.former ?? []).map(({ scimId }) => scimId),
      'a new account replaced the listed ones: what was granted to them directly did not move',
    );
  return current;
}
