import type { GraphCall } from './call.ts';
import { isOutside } from './properties.ts';
import { odataType, propertyOf, render } from './render.ts';
import type { LogEntry, ObjectKind, StoredObject } from './types.ts';

/** Guess at the number: members of one group in one item; the rest comes in further items of the same id. */
const MEMBERS_PER_ITEM = 100;

/** What a delta link remembers. */
export interface DeltaToken {
  kind: ObjectKind;
  /** Length of the change log that is already reported. */
  seen: number;
  issued: number;
  generation: number;
  select?: string[];
  ids?: string[];
}

type Item = Record<string, unknown>;

/** The first round: every object, with all its members. What is in the recycle bin may be in it, as `@removed`. */
export function everything(call: GraphCall, token: DeltaToken): Item[] {
  const wanted = (o: StoredObject): boolean =>
    (!token.ids || token.ids.includes(o.id)) && !call.faults.hides('delta', o);
  const groupsWithMembers = token.kind === 'group' && tracks(token, 'members');
  const live = call.view.list(token.kind).filter(wanted);
  return merge([
    ...live.map(o => {
      const membersShown = groupsWithMembers && !call.view.hidesMembers(o);
      const members = membersShown ? call.store.memberships.membersOf(o.id, call.view.at) : [];
      const present = members.filter(m => call.view.live(m));
      return chunks(render(o, withId(token.select)), memberItems(call, o.id, present));
    }),
    ...call.view
      .list(token.kind, true)
      .filter(wanted)
      .map(o => [removed(o.id, 'changed')]),
  ]);
}

/** What the log says between the token and the replica's reach, one state per object, as the replica sees it now. */
export function since(call: GraphCall, token: DeltaToken, reached: number): Item[] {
  const touched = new Map<string, { properties: Set<string>; all: boolean; members: Set<string> }>();
  for (const entry of call.store.log.slice(token.seen, reached)) {
    if (entry.kind !== token.kind || (token.ids && !token.ids.includes(entry.id))) continue;
    if (!isTracked(call, token, entry) || call.faults.hides('delta', entry)) continue;
    const note = touched.get(entry.id) ?? {
      properties: new Set<string>(),
      all: false,
      members: new Set<string>(),
    };
    touched.set(entry.id, note);
    if (entry.memberId !== undefined) note.members.add(entry.memberId);
    if (entry.properties === 'all') note.all = true;
    else for (const name of entry.properties) note.properties.add(name);
  }
  const minimal = /(^|[,;\s])return=minimal/i.test(call.headers.get('prefer') ?? '');
  return merge(
    [...touched].map(([id, note]) => {
      const object = call.view.object(id);
      if (!object) return [removed(id, 'deleted')];
      if (object.deletedDateTime) return [removed(id, 'changed')];
      const shown =
        minimal && !note.all
          ? Object.fromEntries([
              ['id', id],
              ...[...note.properties].filter(p => tracks(token, p)).map(p => [p, propertyOf(object, p)]),
            ])
          : render(object, withId(token.select));
      return chunks(shown, memberItems(call, id, note.members));
    }),
  );
}

/** `$select` limits which changes are tracked. */
function isTracked(call: GraphCall, token: DeltaToken, entry: LogEntry): boolean {
  if (entry.properties === 'all') return true;
  if (entry.memberId !== undefined) return tracks(token, 'members') && shownInDelta(call, entry);
  return [...entry.properties].some(p => tracks(token, p));
}

function tracks(token: DeltaToken, property: string): boolean {
  if (isOutside(token.kind, property)) return false;
  return !token.select || token.select.some(name => name.toLowerCase() === property.toLowerCase());
}

/** Guess: like the v1.0 member lists, the v1.0 delta leaves service principals out, and like all lists hidden members. */
function shownInDelta(call: GraphCall, { id, memberId = '' }: LogEntry): boolean {
  const group = call.view.object(id);
  if (group && call.view.hidesMembers(group)) return false;
  return isShown(call, memberId);
}

function isShown(call: GraphCall, memberId: string): boolean {
  const member = call.store.objects.get(memberId)?.latest;
  if (member?.kind !== 'servicePrincipal') return true;
  return call.version === 'beta' && !call.faults.hides('members', member);
}

/** Present members, and removed ones with the annotation of the docs. Members in the recycle bin are neither. */
function memberItems(call: GraphCall, groupId: string, memberIds: Iterable<string>): Item[] {
  return [...memberIds].flatMap(id => {
    const member = call.view.object(id);
    if (!member || !isShown(call, id)) return [];
    const item = { '@odata.type': odataType(member.kind), id };
    return [call.view.hasEdge(groupId, id) ? item : { ...item, '@removed': { reason: 'deleted' } }];
  });
}

function removed(id: string, reason: 'changed' | 'deleted'): Item {
  return { id, '@removed': { reason } };
}

function withId(select: string[] | undefined): string[] | undefined {
  return select && !select.includes('id') ? ['id', ...select] : select;
}

/** One item per hundred members, each with the same properties. */
function chunks(object: Item, members: Item[]): Item[] {
  if (members.length === 0) return [object];
  const items: Item[] = [];
  for (let i = 0; i < members.length; i += MEMBERS_PER_ITEM) {
    items.push({ ...object, 'members@delta': members.slice(i, i + MEMBERS_PER_ITEM) });
  }
  return items;
}

/** Further items of a large group come after everything else: the docs promise no order. */
function merge(perObject: Item[][]): Item[] {
  return [...perObject.flatMap(items => items.slice(0, 1)), ...perObject.flatMap(items => items.slice(1))];
}
