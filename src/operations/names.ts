import type { GraphDirectory } from '../directory/graph-directory.ts';
import { describeError } from '../identity/logger.ts';
import { type Principal, type PrincipalKind, principalKey, principalKind } from '../identity/principal.ts';
import { withinTime } from '../identity/within-time.ts';
import type { HoldKind } from '../state/holds.ts';
import type { Link } from '../state/links.ts';
import type { OperationsContext } from './context.ts';
import type { OpenHold } from './holds.ts';

/** An Entra object whose name is asked for. */
export interface Nameless {
  readonly target: string;
  readonly id: string;
  /** All that it may be. Entra ID is asked only where there is no doubt. */
  readonly kinds: readonly PrincipalKind[];
}

/** What people call Entra objects. Only ever shown to whoever asks: it is neither stored nor logged. */
export interface Names {
  /** By Entra object id: user names, and display names of groups and service principals. Who is missing was not found. */
  readonly byId: ReadonlyMap<string, string>;
  /** Why no more could be found out. */
  readonly trouble?: string;
}

/** Entra ID is asked about no more, twenty to a request: nobody reads so long a list by its names. */
const MOST_ASKED = 1_000;

/** A list that waits longer for names is of no use to whoever is called at night because Graph is down. */
const PATIENCE_MS = 10_000;

type NamesContext = Pick<OperationsContext, 'state'> & { readonly directory: GraphDirectory };

/**
 * Names as the targets have them, and of who is not linked, as Entra ID has them. Nothing depends on them: where they
 * cannot be read, or not in time, what they would have explained is shown all the same.
 */
export async function namesOf(
  context: NamesContext,
  asked: readonly Nameless[],
  patienceMs = PATIENCE_MS,
): Promise<Names> {
  const byId = new Map<string, string>();
  const late = (): Error => new Error(`they were not read within ${patienceMs} ms`);
  try {
    const left = await withinTime(patienceMs, () => collect(context, asked, byId), late);
    if (left === 0) return { byId };
    return { byId, trouble: `Entra ID was not asked about ${left}, since there are too many` };
  } catch (error) {
    return { byId, trouble: describeError(error) };
  }
}

/** Fills `byId`. Returns how many were too many to ask about. */
async function collect(
  { state, directory }: NamesContext,
  asked: readonly Nameless[],
  byId: Map<string, string>,
): Promise<number> {
  for (const [target, some] of Map.groupBy(asked, ({ target }) => target)) {
    const candidates = some.flatMap(({ id, kinds }) => kinds.map((kind): Principal => ({ kind, id })));
    for (const { value } of (await state.links.getMany(target, distinct(candidates))).values())
      byId.set(value.principal.id, nameInTarget(value));
  }
  const unlinked = distinct(
    asked.flatMap(({ id, kinds: [kind, ...others] }): Principal[] =>
      byId.has(id) || kind === undefined || others.length > 0 ? [] : [{ kind, id }],
    ),
  );
  for (const kind of principalKind.options) {
    const ids = unlinked.slice(0, MOST_ASKED).flatMap(p => (p.kind === kind ? [p.id] : []));
    for (const [id, name] of await readNames(directory, kind, ids)) byId.set(id, name);
  }
  return Math.max(0, unlinked.length - MOST_ASKED);
}

/** The principal of a hold, and everybody whom it names besides. */
export function namelessOfHold({ target, kind, ids, principal }: OpenHold): Nameless[] {
  const about = namelessOfKey(target, principal);
  const [held] = about.kinds;
  const others = held === undefined ? [] : (KINDS_NAMED[kind]?.(held) ?? []);
  return [about, ...(others.length === 0 ? [] : ids.map(id => ({ target, id, kinds: others })))];
}

/** @param key of a principal, as {@link principalKey} makes it */
export function namelessOfKey(target: string, key: string): Nameless {
  const place = key.indexOf(':');
  const { data: kind } = principalKind.safeParse(key.slice(0, place));
  return { target, id: key.slice(place + 1), kinds: kind === undefined ? [] : [kind] };
}

/** Of what kind the Entra objects are that a hold lists. Those that are left out list SCIM ids, attributes or workspaces. */
const KINDS_NAMED: Readonly<Partial<Record<HoldKind, (held: PrincipalKind) => readonly PrincipalKind[]>>> = {
  'large-shrink': () => principalKind.options,
  'removal-limit': held => (held === 'group' ? principalKind.options : []),
  'nesting-cut': () => ['group'],
  'name-in-use': held => [held],
  'identity-re-use': held => [held],
  'name-passed-on': held => [held],
};

/** A service principal claims its application id, which says nothing to people. */
function nameInTarget({ principal, name, written }: Link): string {
  const { displayName } = written;
  return principal.kind === 'servicePrincipal' && typeof displayName === 'string' ? displayName : name;
}

async function readNames(
  directory: GraphDirectory,
  kind: PrincipalKind,
  ids: readonly string[],
): Promise<[id: string, name: string][]> {
  if (ids.length === 0) return [];
  const found =
    kind === 'user'
      ? [...(await directory.getUsers(ids))].map(([id, user]) => [id, user?.userPrincipalName] as const)
      : [...(await (kind === 'group' ? directory.getGroups(ids) : directory.getServicePrincipals(ids)))].map(
          ([id, one]) => [id, one?.displayName] as const,
        );
  return found.flatMap(([id, name]): [string, string][] =>
    name === undefined || name === null ? [] : [[id, name]],
  );
}

function distinct(principals: readonly Principal[]): Principal[] {
  return [...new Map(principals.map(p => [principalKey(p), p])).values()];
}
