import { RefusedByAim } from '../databricks/failure.ts';
import { now } from '../identity/clock.ts';
import type { Attributes } from '../identity/desired.ts';
import { Conflict, Gone, Permanent, RetryLater } from '../identity/errors.ts';
import type { Effect } from '../planning/resource-plan.ts';
import { changeAttributes } from '../scim/patch.ts';
import type { PatchOperation } from '../scim/types.ts';
import type { Link, LinkRow } from '../state/links.ts';
import { assertLengths } from './assert-room.ts';
import { patchOf } from './kinds.ts';
import { INTENT_SETTLES_MS, type ResourceRun, stored } from './resource-run.ts';
import { settleRename } from './settle-rename.ts';
import { wasNotTaken } from './target-session.ts';

/** A grant that undoes a removal younger than this needs a second agreeing read. */
export const RECENT_REMOVAL_MS = 5 * 60_000;
export const SECOND_READ_AFTER_MS = 10_000;

const MANAGED_SHOWS_WITHIN_MS = 10 * 60_000;

/** Writes changed attributes of a linked resource, with the intent stored before. */
export async function updateResource(
  run: ResourceRun,
  row: LinkRow,
  changes: Attributes,
  effect: Effect,
): Promise<LinkRow> {
  const { scimId } = row.value;
  if (scimId === undefined) throw new RetryLater('a link without a resource');
  assertLengths(run, changes);
  const name = changes[run.kind.nameAttribute];
  if (typeof name === 'string' && (await run.nameIsTaken(name))) return row;
  await awaitSecondRead(run, row, effect);
  run.session.admit('patch', effect);
  const previous = row.value.intent;
  const open = await run.state.links.replace(run.target, row, {
    ...row.value,
    intent: {
      attributes: { ...previous?.attributes, ...stored(changes) },
      at: now(),
      epoch: run.session.epoch,
    },
  });
  try {
    await sendChanges(run, scimId, changeAttributes(patchOf(run.kind, changes)), row.value.lastWriteAt);
  } catch (error) {
    // Otherwise the intent would have to be believed for a minute, and the write repeated.
    if (wasNotTaken(error)) {
      await run.state.links.replace(run.target, open, { ...open.value, intent: previous });
    }
    if (error instanceof Gone) return confirmGone(run, open);
    if (error instanceof Conflict && typeof name === 'string') return nameRefused(run, open, row);
    throw error;
  }
  run.wrote(effect === 'revoke' ? 'deactivate' : 'update', scimId, Object.keys(changes));
  return close(run, open, changes, previous?.at);
}

/**
 * Sends the operations as one PATCH. One that is refused for what it holds is sent operation by operation, the ones
 * that take access away first: a value that is not there to be removed must not keep anybody's account on.
 */
async function sendChanges(
  run: ResourceRun,
  scimId: string,
  operations: readonly PatchOperation[],
  lastWriteAt: number | undefined,
): Promise<void> {
  const { scim } = run.session.target;
  const send = (sent: readonly PatchOperation[], removes: boolean): Promise<unknown> =>
    run.session.send(() => scim.patch(run.kind.type, scimId, [...sent], run.session.request), {
      operation: removes ? 'remove' : 'patch',
      operations: sent.length,
      lastWriteAt,
    });
  try {
    await send(operations, operations.length === 1 && operations[0]?.op === 'remove');
  } catch (error) {
    if (!isRefusal(error) || operations.length === 1) throw error;
    const failures: unknown[] = [];
    for (const operation of operations.toSorted((a, b) => urgency(a) - urgency(b))) {
      try {
        await send([operation], operation.op === 'remove');
      } catch (failure) {
        if (!isRefusal(failure)) throw failure;
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Refused for something that it holds: what else it holds may pass. */
function isRefusal(error: unknown): boolean {
  return error instanceof Permanent || error instanceof RefusedByAim;
}

function urgency({ op, path, value }: PatchOperation): number {
  if (path === 'active' && value === false) return 0;
  return op === 'remove' ? 1 : 2;
}

/**
 * Nothing to write, and an intent is open: it is closed once it can no longer take effect late. A group that is not wanted
 * under any name by now may have got the one that it was to have: others are told whose it is.
 */
export async function closeIdleIntent(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  if (now() - (row.value.intent?.at ?? 0) < INTENT_SETTLES_MS) {
    run.unsettled = true;
    return row;
  }
  const named = run.p.kind === 'group' ? await settleRename(run.state, run.session, row) : row;
  if (named.value.intent === undefined) return named;
  return run.state.links.replace(run.target, named, { ...named.value, intent: undefined });
}

/** After a write that succeeded. An older write that may still arrive keeps the intent open until it cannot. */
async function close(
  run: ResourceRun,
  open: LinkRow,
  changes: Attributes,
  previousAt: number | undefined,
): Promise<LinkRow> {
  const { value: link } = open;
  const written = { ...link.written, ...stored(changes) };
  const name = written[run.kind.nameAttribute];
  const young = previousAt !== undefined && now() - previousAt < INTENT_SETTLES_MS;
  if (young) run.unsettled = true;
  const switchedOff = written.active === false && link.written.active !== false;
  const next: Link = {
    ...link,
    name: run.kind.nameIsImmutable || typeof name !== 'string' ? link.name : name,
    written,
    intent: young && link.intent !== undefined ? { ...link.intent, at: previousAt } : undefined,
    uncertain: undefined,
    lastWriteAt: now(),
    grantSeenAt: undefined,
    missingSince: undefined,
    offSeen: undefined,
    ...(switchedOff ? { deactivatedAt: now() } : {}),
  };
  return run.state.links.replace(run.target, open, next);
}

/** The target has another resource of that name: nothing was written. */
async function nameRefused(run: ResourceRun, open: LinkRow, before: LinkRow): Promise<LinkRow> {
  const closed = await run.state.links.replace(run.target, open, {
    ...open.value,
    intent: before.value.intent,
  });
  await run.hold('name-in-use', [], 'the target has another resource of that name');
  return closed;
}

/** A resource that answers 404 to a write is believed gone only when a read says so as well. */
async function confirmGone(run: ResourceRun, row: LinkRow): Promise<LinkRow> {
  const scimId = row.value.scimId ?? '';
  const { scim } = run.session.target;
  const found = await run.session.send(() => scim.get(run.kind.type, scimId, run.session.request), {
    operation: 'get',
  });
  if (found !== undefined) throw new RetryLater('a resource is there for reads and not for writes');
  if (run.managed) await awaitSecondAbsence(run, row);
  const gone = await run.state.links.replace(run.target, row, {
    ...row.value,
    status: 'gone',
    intent: undefined,
  });
  if (run.wanted.create !== undefined) {
    await run.hold('deleted-in-target', [scimId], 'somebody else removed it from the target');
  }
  return gone;
}

/**
 * Where identities are managed automatically, whom nobody uses may not show, and comes back with his next sign-in: a
 * tombstone would keep us from ever switching him off. @throws {RetryLater} until it has not shown for ten minutes
 */
async function awaitSecondAbsence(run: ResourceRun, row: LinkRow): Promise<void> {
  const missingSince = row.value.missingSince ?? now();
  if (row.value.missingSince === undefined)
    await run.state.links.replace(run.target, row, { ...row.value, missingSince });
  const wait = missingSince + MANAGED_SHOWS_WITHIN_MS - now();
  if (wait > 0)
    throw new RetryLater('a resource that is managed automatically does not show', { afterMs: wait });
}

/** A grant shortly after a removal waits for a second read that agrees. @throws {RetryLater} until there was one. */
async function awaitSecondRead(run: ResourceRun, row: LinkRow, effect: Effect): Promise<void> {
  const { deactivatedAt, grantSeenAt } = row.value;
  if (effect !== 'grant' || deactivatedAt === undefined || now() - deactivatedAt >= RECENT_REMOVAL_MS) return;
  if (grantSeenAt === undefined)
    await run.state.links.replace(run.target, row, { ...row.value, grantSeenAt: now() });
  const wait = (grantSeenAt ?? now()) + SECOND_READ_AFTER_MS - now();
  if (wait > 0) throw new RetryLater('a grant right after a removal needs a second read', { afterMs: wait });
}
