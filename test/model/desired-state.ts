import { passes } from './filter-rules.ts';
import type { ModelConfig } from './model-config.ts';
import type { Entity, Snapshot } from './snapshot.ts';

/*
 * The desired state, written down a second time from the documentation and without a look at the planner. It is slow,
 * has no memory and knows no target: all of it follows from one snapshot and the configuration.
 */

/** The source fact for which somebody is not to have an active account, or a group not to have members. */
export type Fact = 'disabled' | 'soft-deleted' | 'gone for good' | 'unassigned' | 'filtered out';

/** Found once for each snapshot, which never changes. */
const found = new WeakMap<Snapshot, Map<string, ReadonlySet<string>>>();

/** Everything that holds the object, through however many groups. */
export function groupsAbove(s: Snapshot, id: string): ReadonlySet<string> {
  const known = found.get(s) ?? new Map<string, ReadonlySet<string>>();
  found.set(s, known);
  const above = known.get(id) ?? findGroupsAbove(s, id);
  known.set(id, above);
  return above;
}

function findGroupsAbove(s: Snapshot, id: string): ReadonlySet<string> {
  const above = new Set<string>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const [group, members] of s.members) {
      if (above.has(group) || !members.some(member => member === id || above.has(member))) continue;
      above.add(group);
      grown = true;
    }
  }
  return above;
}

/** Everything below the group, through however many groups. */
function everythingBelow(s: Snapshot, group: string): ReadonlySet<string> {
  return new Set([...s.live.keys()].filter(id => groupsAbove(s, id).has(group)));
}

function nestsDescendants({ nestedGroups, assignDescendants }: ModelConfig): boolean {
  return nestedGroups === 'mirror' || assignDescendants === true;
}

/** Assigned or included, itself or through a group; with mode "all" the whole tenant but its service principals. */
export function isEntitled(s: Snapshot, config: ModelConfig, { id, kind }: Entity): boolean {
  if (config.mode === 'all' && kind !== 'servicePrincipal') return true;
  if (s.assigned.has(id) || config.include.includes(id)) return true;
  if (kind === 'group' && !nestsDescendants(config)) return false;
  const direct = [...s.members].filter(([, members]) => members.includes(id)).map(([group]) => group);
  const reaching =
    config.nestedGroups === 'direct' && !nestsDescendants(config) ? direct : groupsAbove(s, id);
  return [...reaching].some(group => s.assigned.has(group) || config.include.includes(group));
}

/** Security groups, and Microsoft 365 groups where they are wanted; guests where they are wanted. */
function isAdmitted(config: ModelConfig, { kind, properties }: Entity): boolean {
  if (kind === 'user') return config.guests || properties.userType !== 'Guest';
  if (kind === 'servicePrincipal') return true;
  const types = properties.groupTypes as readonly string[];
  return types.includes('Unified') ? config.microsoft365Groups : properties.securityEnabled === true;
}

/** Why the object is not in scope; undefined when it is. */
function whyOutOfScope(s: Snapshot, config: ModelConfig, entity: Entity): Fact | undefined {
  const { id, kind } = entity;
  if (config.exclude.includes(id)) return 'filtered out';
  if (config.include.includes(id)) return undefined;
  if (kind === 'servicePrincipal' && !config.servicePrincipals) return 'filtered out';
  if (!isEntitled(s, config, entity)) return 'unassigned';
  if (!isAdmitted(config, entity)) return 'filtered out';
  const filters = config.filters[kind];
  const isIn = (group: string): boolean => groupsAbove(s, id).has(group);
  if (filters.length > 0 && !filters.some(filter => passes(filter, entity.properties, isIn)))
    return 'filtered out';
  return undefined;
}

/** Why the object is not to be present and, if it is an account, active; undefined when it is. */
export function whyAbsent(s: Snapshot, config: ModelConfig, id: string): Fact | undefined {
  const entity = s.live.get(id);
  if (entity === undefined) return s.bin.has(id) ? 'soft-deleted' : 'gone for good';
  const isOff = entity.kind !== 'group' && entity.properties.accountEnabled !== true;
  return whyOutOfScope(s, config, entity) ?? (isOff ? 'disabled' : undefined);
}

/** Ids of everybody who should be a member of a group, if the target has an account of his; nobody once it is out of scope. */
export function wantedMembers(s: Snapshot, config: ModelConfig, group: string): ReadonlySet<string> {
  return whyAbsent(s, config, group) === undefined ? membersOf(s, config, group) : new Set();
}

/** Whose membership counts for a group, with the configured treatment of nested groups. */
export function membersOf(s: Snapshot, config: ModelConfig, group: string): ReadonlySet<string> {
  const listed =
    config.nestedGroups === 'flatten' ? everythingBelow(s, group) : new Set(s.members.get(group) ?? []);
  return new Set(
    [...listed].filter(id => {
      if (s.live.get(id)?.kind !== 'group') return true;
      return config.nestedGroups === 'mirror' && id !== group && !isCut(s, group, id);
    }),
  );
}

/** Databricks has no circles of groups. Of a circle, a group may be within another one of a smaller id only. */
function isCut(s: Snapshot, parent: string, child: string): boolean {
  return child < parent && everythingBelow(s, child).has(parent);
}

/** The unique name that the target should know the object by. */
export function wantedName({ kind, properties }: Entity): string {
  if (kind === 'group') return String(properties.displayName);
  if (kind === 'servicePrincipal') return String(properties.appId);
  // A guest signs in with the address that stands before #EXT#, with _ for @.
  const [outside = '', ext] = String(properties.userPrincipalName).split('#EXT#');
  const at = outside.lastIndexOf('_');
  return ext === undefined ? outside : `${outside.slice(0, at)}@${outside.slice(at + 1)}`;
}

/** Names that Databricks takes for the same one. */
export function folded(name: string): string {
  return name.trim().toLowerCase();
}
