import { Absent } from '../directory/errors.ts';
import type { Assignment, SourceGroup, SourceMember } from '../directory/types.ts';
import { forEachAtOnce } from '../identity/at-once.ts';
import type { Principal } from '../identity/principal.ts';
import { cutNesting } from '../provisioning/nesting-cuts.ts';
import type { SourceAccess } from '../provisioning/source-evidence.ts';
import { hidesMembers, isMicrosoft365Group, wantedMembers } from '../provisioning/source-group.ts';

/** A group that is entitled, before filters are asked. */
export interface ScopeGroup {
  readonly group: SourceGroup;
  /** What Graph lists, direct or nested as the configured nesting wants it. */
  readonly listed: readonly SourceMember[];
  /** Whoever should be its member in the target. */
  readonly members: readonly Principal[];
  readonly hidden: boolean;
  readonly isMicrosoft365: boolean;
  /** App roles that it, or a group above it, is assigned. */
  readonly appRoleIds: ReadonlySet<string>;
  /** Its members are entitled as well: it, or a group above it, is assigned or included. */
  readonly entitles: boolean;
}

/** Groups whose members are read at the same time. */
const READS_AT_ONCE = 4;

/** Every group that is entitled, with its members. @throws whatever keeps a single read from its end. */
export async function readGroups(
  o: SourceAccess & {
    readonly target: string;
    readonly assignments: readonly (Pick<Assignment, 'principal'> & { appRoleId?: string | undefined })[];
  },
): Promise<Map<string, ScopeGroup>> {
  const { directory, policy } = o;
  const roles = new Map<string, Set<string>>();
  for (const { principal, appRoleId } of o.assignments) {
    if (principal.kind !== 'group') continue;
    const known = roles.get(principal.id) ?? new Set();
    roles.set(principal.id, appRoleId === undefined ? known : known.add(appRoleId));
  }
  for (const id of policy.scope.include) if (!roles.has(id)) roles.set(id, new Set());
  const everything =
    policy.scope.mode === 'all'
      ? new Map((await directory.listGroups()).map(group => [group.id, group]))
      : undefined;
  const groups = new Map<string, ScopeGroup>();
  let level = new Set([...roles.keys(), ...(everything?.keys() ?? [])]);
  const entitling = new Set(roles.keys());
  while (level.size > 0) {
    const found =
      everything === undefined || [...level].some(id => !everything.has(id))
        ? await directory.getGroups([...level])
        : everything;
    await forEachAtOnce([...level], READS_AT_ONCE, async id => {
      const group = found.get(id);
      const read = group && (await readGroup(o, group, roles.get(id) ?? new Set(), entitling.has(id)));
      if (read !== undefined) groups.set(id, read);
    });
    level = policy.nesting.descendants ? below(groups, level, roles, entitling) : new Set();
  }
  return groups;
}

/** The groups directly below a level that are new, or inherit something new. */
function below(
  groups: Map<string, ScopeGroup>,
  level: ReadonlySet<string>,
  roles: Map<string, Set<string>>,
  entitling: Set<string>,
): Set<string> {
  const next = new Set<string>();
  for (const id of level) {
    const parent = groups.get(id);
    for (const { kind, id: child } of parent?.listed ?? []) {
      if (parent === undefined || kind !== 'group') continue;
      const known = roles.get(child) ?? new Set<string>();
      const inherited = [...parent.appRoleIds].filter(role => !known.has(role));
      const isNew = !groups.has(child) || (parent.entitles && !entitling.has(child));
      if (!isNew && inherited.length === 0) continue;
      roles.set(child, new Set([...known, ...inherited]));
      if (parent.entitles) entitling.add(child);
      next.add(child);
    }
  }
  return next;
}

/** Undefined when the group was deleted between two reads. */
async function readGroup(
  o: SourceAccess & { readonly target: string },
  group: SourceGroup,
  appRoleIds: ReadonlySet<string>,
  entitles: boolean,
): Promise<ScopeGroup | undefined> {
  const { directory, policy } = o;
  let listed: SourceMember[];
  try {
    listed =
      policy.nesting.members === 'transitive'
        ? await directory.listTransitiveMembers(group.id)
        : await directory.listMembers(group.id);
  } catch (error) {
    if (error instanceof Absent) return undefined;
    throw error;
  }
  const wanted = wantedMembers(policy, group.id, listed);
  const { kept } = await cutNesting(o, o.target, { kind: 'group', id: group.id }, wanted);
  return {
    group,
    listed,
    members: kept.flatMap(({ kind, id }) => (kind === 'other' ? [] : [{ kind, id }])),
    hidden: hidesMembers(policy, group, listed),
    isMicrosoft365: isMicrosoft365Group(group),
    appRoleIds,
    entitles,
  };
}
