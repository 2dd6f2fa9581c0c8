import type { MembershipRecord, StoredRecord } from '../state/memberships.ts';
import { VersionConflict } from '../state/row-store.ts';
import type { State } from '../state/state.ts';

/** Writers of one record that may be met before somebody has to try again. */
const TRIES = 5;

/** Entra ids of the groups of which our records say that we wrote him into them, or were about to. */
export async function foundIn(state: State, target: string, id: string): Promise<string[]> {
  const found: string[] = [];
  for await (const [group, { value }] of recordsOf(state, target))
    if (Object.hasOwn(value.members, id) || Object.hasOwn(value.intent?.add ?? {}, id)) found.push(group);
  return found;
}

/** Removes him from the records of all groups, also of those that he left. @returns how many were changed */
export async function eraseFromRecords(state: State, target: string, id: string): Promise<number> {
  let changed = 0;
  for await (const [, stored, scimId] of recordsOf(state, target)) {
    if (!JSON.stringify(stored.value).includes(JSON.stringify(id))) continue;
    await eraseFromRecord(state, target, scimId, stored, id);
    changed += 1;
  }
  return changed;
}

async function eraseFromRecord(
  { records }: State,
  target: string,
  scimId: string,
  stored: StoredRecord,
  id: string,
): Promise<void> {
  let before = stored;
  for (let tried = 1; ; tried += 1) {
    try {
      await records.write(target, scimId, before, without(before.value, id));
      return;
    } catch (error) {
      if (!(error instanceof VersionConflict) || tried === TRIES) throw error;
      before = await records.read(target, scimId);
    }
  }
}

/** Of groups that left, too: their links stay as tombstones. */
async function* recordsOf(
  { links, records }: State,
  target: string,
): AsyncGenerator<readonly [group: string, stored: StoredRecord, scimId: string]> {
  for await (const { value: link } of links.list(target, 'group'))
    if (link.scimId !== undefined)
      yield [link.principal.id, await records.read(target, link.scimId), link.scimId];
}

function without(record: MembershipRecord, id: string): MembershipRecord {
  const drop = <V>(values: Record<string, V>): Record<string, V> => {
    const { [id]: _gone, ...rest } = values;
    return rest;
  };
  const { intent } = record;
  return {
    ...record,
    members: drop(record.members),
    intent: intent && { ...intent, add: drop(intent.add), remove: drop(intent.remove) },
    uncertain: record.uncertain.filter(member => member !== id),
    kinds: drop(record.kinds),
    removed: drop(record.removed),
    grantSeen: drop(record.grantSeen),
  };
}
