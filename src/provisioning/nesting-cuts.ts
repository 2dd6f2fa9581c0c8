import { MAX_NESTING_DEPTH } from '../databricks/limits.ts';
import { Absent } from '../directory/errors.ts';
import type { SourceMember } from '../directory/types.ts';
import type { Principal } from '../identity/principal.ts';
import type { SourceAccess } from './source-evidence.ts';

export interface CutMembers {
  readonly kept: readonly SourceMember[];
  /** Entra ids of nested groups that cannot be nested in the target. */
  readonly circular: readonly string[];
  readonly tooDeep: readonly string[];
}

/**
 * Which nested groups stay out because the target could not hold them: Entra ID lets groups hold each other in a
 * circle and nests them as deep as anybody likes. Of a circle, only memberships of a group with a larger id in one
 * with a smaller id are kept: whoever looks first, the same ones are cut.
 */
export async function cutNesting(
  o: Pick<SourceAccess, 'directory' | 'policy' | 'state'>,
  group: Principal,
  members: readonly SourceMember[],
): Promise<CutMembers> {
  const nested = members.flatMap(({ kind, id }) => (kind === 'group' ? [id] : []));
  if (!o.policy.nesting.mirror || nested.length === 0) return { kept: members, circular: [], tooDeep: [] };
  const level = await levelOf(o.state, group.id, new Set());
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

/** Groups on the longest way from one that nothing holds down to this one, itself included, as our looks saw them. */
async function levelOf(state: SourceAccess['state'], id: string, path: ReadonlySet<string>): Promise<number> {
  if (path.size >= MAX_NESTING_DEPTH) return 1;
  const below = new Set([...path, id]);
  let deepest = 0;
  for (const parent of await state.nesting.ancestorsOf(id)) {
    if (below.has(parent)) continue;
    deepest = Math.max(deepest, await levelOf(state, parent, below));
  }
  return deepest + 1;
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
