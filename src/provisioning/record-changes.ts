import { now } from '../identity/clock.ts';
import type { MemberPatch, Members } from '../planning/membership-plan.ts';
import type { MembershipRecord } from '../state/memberships.ts';
import { INTENT_SETTLES_MS } from './resource-run.ts';
import { RECENT_REMOVAL_MS, SECOND_READ_AFTER_MS } from './update-resource.ts';

/** The record before a PATCH is sent: what it names is uncertain from now on, and what an older intent named stays so. */
export function opened(record: MembershipRecord, patch: MemberPatch, epoch: number): MembershipRecord {
  const { intent } = record;
  return {
    ...record,
    intent: {
      add: { ...without(intent?.add, patch.remove), ...patch.add },
      remove: { ...without(intent?.remove, patch.add), ...patch.remove },
      at: now(),
      epoch,
    },
  };
}

/**
 * The record after a PATCH that was answered. `open` is what {@link opened} made of `before`.
 * An older write that may still arrive keeps the intent open until it cannot: then it is `unsettled`.
 */
export function closed(
  before: MembershipRecord,
  open: MembershipRecord,
  { sent, done }: { readonly sent: MemberPatch; readonly done: MemberPatch },
): { record: MembershipRecord; unsettled: boolean } {
  const previousAt = before.intent?.at;
  const unsettled = previousAt !== undefined && now() - previousAt < INTENT_SETTLES_MS;
  // This write has its answer: what is left in doubt is as old as it was before.
  const doubts = open.intent && { ...open.intent, at: previousAt ?? open.intent.at };
  const settled = { ...sent.add, ...sent.remove };
  const isDone = (id: string): boolean => Object.hasOwn(done.add, id) || Object.hasOwn(done.remove, id);
  // Refused although we take them for members: still to be added, or the next look would find nothing left to do.
  const refused = Object.keys(sent.add).filter(id => !isDone(id) && Object.hasOwn(open.members, id));
  const record: MembershipRecord = {
    ...open,
    members: { ...without(open.members, done.remove), ...done.add },
    // What an older intent named and this PATCH did not hold is still unknown.
    intent: unsettled ? doubts : remaining(doubts, settled),
    uncertain: [...new Set([...open.uncertain.filter(id => !isDone(id)), ...refused])],
    removed: {
      ...recent(open.removed),
      ...Object.fromEntries(Object.keys(done.remove).map(id => [id, now()])),
    },
    grantSeen: Object.fromEntries(
      Object.entries(open.grantSeen).filter(([id]) => !Object.hasOwn(done.add, id)),
    ),
    lastWriteAt: now(),
  };
  return { record, unsettled };
}

/**
 * Which adds may go now. Those that undo a removal of the last minutes wait until a second read, ten seconds later,
 * still wants them; `seen` says when each was wanted first.
 */
export function dueGrants(
  record: MembershipRecord,
  add: Members,
): { readonly add: Members; readonly seen: Record<string, number> } {
  const due: Record<string, string> = {};
  const seen: Record<string, number> = {};
  for (const [id, scimId] of Object.entries(add)) {
    const removedAt = record.removed[id];
    const first = record.grantSeen[id];
    const isUndoing = removedAt !== undefined && now() - removedAt < RECENT_REMOVAL_MS;
    if (!isUndoing || (first !== undefined && now() - first >= SECOND_READ_AFTER_MS)) due[id] = scimId;
    else seen[id] = first ?? now();
  }
  return { add: due, seen };
}

function without(members: Members | undefined, gone: Members): Record<string, string> {
  return Object.fromEntries(Object.entries(members ?? {}).filter(([id]) => !Object.hasOwn(gone, id)));
}

function remaining(intent: MembershipRecord['intent'], settled: Members): MembershipRecord['intent'] {
  if (intent === undefined) return undefined;
  const add = without(intent.add, settled);
  const remove = without(intent.remove, settled);
  return Object.keys(add).length + Object.keys(remove).length === 0 ? undefined : { ...intent, add, remove };
}

function recent(removed: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(removed).filter(([, at]) => now() - at < RECENT_REMOVAL_MS));
}
