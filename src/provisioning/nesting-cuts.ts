import { MAX_NESTING_DEPTH } from '../databricks/limits.ts';
import { Absent } from '../directory/errors.ts';
import type { SourceMember } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceAccess } from './source-evidence.ts';

export interface CutMembers {
  readonly kept: readonly SourceMember[];
  /** Entra ids of nested groups that cannot be nested in the target. */
  readonly circular: readonly string[];
  readonly tooDeep: readonly string[];
}

/** The groups directly above each group. */
type Parents = ReadonlyMap<string, readonly string[]>;

/** Groups whose place in the nesting is read at the same time. */
const READS_AT_ONCE = 8;

/**
 * Which nested groups stay out because the target could not hold them: Entra ID lets groups hold each other in a
 * circle and nests them as deep as anybody likes. Of a circle, only memberships of a group with a larger id in one
 * with a smaller id are kept: whoever looks first, the same ones are cut.
 */
export async function cutNesting(
  o: Pick<SourceAccess, 'directory' | 'policy' | 'state'>,
  target: string,
  group: Principal,
  members: readonly SourceMember[],
): Promise<CutMembers> {
  const nested = members.flatMap(({ kind, id }) => (kind === 'group' ? [id] : []));
  if (!o.policy.nesting.mirror || nested.length === 0) return { kept: members, circular: [], tooDeep: [] };
  const level = await levelOf(o.state, target, group.id);
  const tooDeep = level >= MAX_NESTING_DEPTH ? nested : [];
  const circular: string[] = [];
  for (const id of tooDeep.length > 0 ? [] : nested) {
    if (id < group.id && (await holds(o.directory, id, group.id))) circular.push(id);
  }
  return {
    kept: members.filter(({ id }) => !circular.includes(id) && !tooDeep.includes(id)),
    circular,
    tooDeep,
  };
}

/**
 * Groups on the longest way from one that nothing holds down to this one, itself included, as our looks saw them. It
 * is not followed beyond what the target nests.
 */
async function levelOf(state: SourceAccess['state'], target: string, id: string): Promise<number> {
  const parents = withoutCircles(await parentsAbove(state, target, id));
  let row: ReadonlySet<string> = new Set([id]);
  for (let level = 1; level < MAX_NESTING_DEPTH; level += 1) {
    row = new Set([...row].flatMap(group => parents.get(group) ?? []));
    if (row.size === 0) return level;
  }
  return MAX_NESTING_DEPTH;
}

/** The groups directly above this one and above each of those, all the way up. Each is read once, however many ways lead to it. */
async function parentsAbove(state: SourceAccess['state'], target: string, id: string): Promise<Parents> {
  const parents = new Map<string, readonly string[]>();
  let row = [id];
  while (row.length > 0) {
    await forEachAtOnce(row, READS_AT_ONCE, async group => {
      parents.set(group, await state.nesting.ancestorsOf(target, group));
    });
    row = [...new Set(row.flatMap(group => parents.get(group) ?? []))].filter(group => !parents.has(group));
  }
  return parents;
}

/** Of a circle, what {@link cutNesting} keeps out of the target makes nothing deeper there. */
function withoutCircles(parents: Parents): Parents {
  const above = new Map([...parents.keys()].map(id => [id, allAbove(parents, id)]));
  return new Map(
    [...parents].map(([id, direct]) => [
      id,
      direct.filter(parent => parent < id || above.get(parent)?.has(id) !== true),
    ]),
  );
}

function allAbove(parents: Parents, id: string): Set<string> {
  const found = new Set(parents.get(id));
  for (const group of found) for (const parent of parents.get(group) ?? []) found.add(parent);
  return found;
}

async function holds(directory: SourceAccess['directory'], id: string, member: string): Promise<boolean> {
  try {
    return (await directory.listTransitiveMembers(id)).some(below => below.id === member);
  } catch (error) {
    // Deleted since the list was read: nothing is below it.
    if (error instanceof Absent) return false;
    throw error;
  }
}
