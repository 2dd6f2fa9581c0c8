import { randomUUID } from 'node:crypto';
import { type GraphAnswer, type GraphCall, ok } from './call.ts';
import { badRequest, GraphFailure } from './errors.ts';
import { parseIdFilter } from './filter.ts';
import { odataType, propertyOf, render, SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { selectOf } from './select.ts';
import type { LogEntry, ObjectKind, StoredObject } from './types.ts';

/** Life of a delta token for directory objects: 7 days. Source: "Delta query overview". */
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;
/** Guess: small, so that a round has several pages. */
const PAGE = 100;
/** Guess at the number: members of one group in one item; the rest comes in further items of the same id. */
const MEMBERS_PER_ITEM = 100;
/** Rounds whose pages can still be fetched. */
const ROUNDS_KEPT = 64;

interface Token {
  kind: ObjectKind;
  /** Length of the change log that is already reported. */
  seen: number;
  issued: number;
  generation: number;
  select?: string[];
  ids?: string[];
}

interface Round {
  items: unknown[];
  next: Token;
  context: string;
}

type Item = Record<string, unknown>;

/** Delta queries of one directory: `/users/delta`, `/groups/delta`, `/servicePrincipals/delta`. */
export class DeltaQueries {
  readonly #rounds = new Map<string, Round>();
  readonly routes: readonly Route[] = (['user', 'group', 'servicePrincipal'] as const).map(kind =>
    route('GET', `/${SET_OF[kind]}/delta`, call => this.#serve(call, kind)),
  );

  #serve(call: GraphCall, kind: ObjectKind): GraphAnswer {
    const skip = call.query.get('$skiptoken');
    if (skip !== undefined) return this.#page(call, kind, skip);
    for (const option of ['$expand', '$top', '$orderby', '$search']) {
      if (call.query.get(option) !== undefined)
        throw badRequest(`The query option '${option}' is not supported by delta.`);
    }
    const given = call.query.get('$deltatoken');
    const fresh = given === undefined || given === '' || given.toLowerCase() === 'latest';
    const token = fresh ? this.#newToken(call, kind) : readToken(call, kind, given);
    const seen = reach(call, token.seen);
    const next: Token = { ...token, seen, issued: Date.now(), generation: call.faults.deltaGeneration };
    const items =
      given?.toLowerCase() === 'latest' ? [] : fresh ? everything(call, token) : since(call, token, seen);
    const context = `${SET_OF[kind]}${token.select ? `(${token.select.join(',')})` : ''}`;
    const id = randomUUID();
    this.#rounds.set(id, { items, next, context });
    const oldest = this.#rounds.keys().next().value;
    if (this.#rounds.size > ROUNDS_KEPT && oldest !== undefined) this.#rounds.delete(oldest);
    return this.#page(call, kind, `${id}.0`);
  }

  #newToken(call: GraphCall, kind: ObjectKind): Token {
    const filter = call.query.get('$filter');
    const select = selectOf(
      call,
      [kind],
      kind === 'group' ? ['members', 'owners'] : kind === 'user' ? ['manager'] : [],
    );
    return {
      kind,
      seen: 0,
      issued: Date.now(),
      generation: call.faults.deltaGeneration,
      ...(select && { select }),
      ...(filter !== undefined && { ids: [...parseIdFilter(filter)] }),
    };
  }

  #page(call: GraphCall, kind: ObjectKind, skip: string): GraphAnswer {
    const [id = '', offset = '0'] = skip.split('.');
    const round = this.#rounds.get(id);
    if (!round || round.next.kind !== kind || round.next.generation !== call.faults.deltaGeneration)
      throw refusal(call);
    const start = Number(offset);
    const end = start + PAGE;
    const base = `${call.origin}/${call.version}/${SET_OF[kind]}/delta`;
    const link =
      end < round.items.length
        ? { '@odata.nextLink': `${base}?$skiptoken=${id}.${end}` }
        : {
            '@odata.deltaLink': `${base}?$deltatoken=${Buffer.from(JSON.stringify(round.next)).toString('base64url')}`,
          };
    return ok({
      '@odata.context': `${call.origin}/${call.version}/$metadata#${round.context}`,
      ...link,
      value: round.items.slice(start, end),
    });
  }
}

function readToken(call: GraphCall, kind: ObjectKind, text: string): Token {
  let token: Token;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
  } catch {
    throw badRequest('Badly formed token.');
  }
  if (token.kind !== kind || typeof token.seen !== 'number') throw badRequest('Badly formed token.');
  const expired =
    Date.now() - token.issued > TOKEN_LIFE_MS || token.generation !== call.faults.deltaGeneration;
  // A token from before a restart of this directory counts changes that nobody remembers.
  if (expired || token.seen > call.store.log.length) throw refusal(call);
  return token;
}

function refusal(call: GraphCall): GraphFailure {
  const { status, code } = call.faults.deltaRefusal;
  const location = `${call.origin}${call.path.split('?')[0]}?$deltatoken=`;
  return new GraphFailure(
    status,
    code,
    'The sync state is not found or has expired. Start a full synchronization.',
    {
      ...(status === 410 && { Location: location }),
    },
  );
}

/**
 * How much of the log this request's replica knows. A lagging one may know less than the token already reported:
 * then nothing is reported and the token stays, so that a change seen later is reported later, never skipped.
 */
function reach(call: GraphCall, seen: number): number {
  const log = call.store.log;
  let end = log.length;
  while (end > seen && (log[end - 1]?.at ?? 0) > call.view.at) end--;
  return end;
}

/** The first round: every object, with all its members. What is in the recycle bin may be in it, as `@removed`. */
function everything(call: GraphCall, token: Token): Item[] {
  if (token.kind === 'servicePrincipal' && call.faults.hideServicePrincipals) return [];
  const wanted = (o: StoredObject): boolean => !token.ids || token.ids.includes(o.id);
  const groupsWithMembers = token.kind === 'group' && tracks(token, 'members');
  const live = call.view.list(token.kind).filter(wanted);
  return merge([
    ...live.map(o => {
      const members = groupsWithMembers ? call.store.memberships.membersOf(o.id, call.view.at) : [];
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
function since(call: GraphCall, token: Token, reached: number): Item[] {
  const touched = new Map<string, { properties: Set<string>; all: boolean; members: Set<string> }>();
  for (const entry of call.store.log.slice(token.seen, reached)) {
    if (entry.kind !== token.kind || (token.ids && !token.ids.includes(entry.id))) continue;
    if (!isTracked(call, token, entry)) continue;
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
function isTracked(call: GraphCall, token: Token, entry: LogEntry): boolean {
  if (entry.properties === 'all') return true;
  if (entry.memberId !== undefined) return tracks(token, 'members') && shownInDelta(call, entry.memberId);
  return [...entry.properties].some(p => tracks(token, p));
}

function tracks(token: Token, property: string): boolean {
  return !token.select || token.select.some(name => name.toLowerCase() === property.toLowerCase());
}

/** Guess: like the v1.0 member lists, the v1.0 delta leaves service principals out. */
function shownInDelta(call: GraphCall, memberId: string): boolean {
  return call.version === 'beta' || call.store.objects.get(memberId)?.latest?.kind !== 'servicePrincipal';
}

/** Present members, and removed ones with the annotation of the docs. Members in the recycle bin are neither. */
function memberItems(call: GraphCall, groupId: string, memberIds: Iterable<string>): Item[] {
  return [...memberIds].flatMap(id => {
    const member = call.view.object(id);
    if (!member || !shownInDelta(call, id)) return [];
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
