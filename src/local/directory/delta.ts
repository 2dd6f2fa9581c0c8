import { randomUUID } from 'node:crypto';
import { type GraphAnswer, type GraphCall, ok } from './call.ts';
import { type DeltaToken, everything, since } from './delta-items.ts';
import { badRequest, GraphFailure } from './errors.ts';
import { parseIdFilter } from './filter.ts';
import { SET_OF } from './render.ts';
import { type Route, route } from './router.ts';
import { selectOf } from './select.ts';
import type { ObjectKind } from './types.ts';

/** Life of a delta token for directory objects: 7 days. Source: "Delta query overview". */
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;
/** Guess: small, so that a round has several pages. */
const PAGE = 100;
/** Relations that can be selected. Source: "Delta query overview", optional query parameters. */
const RELATIONS: Partial<Record<ObjectKind, readonly string[]>> = {
  user: ['manager'],
  group: ['members', 'owners'],
};
/** Rounds whose pages can still be fetched. */
const ROUNDS_KEPT = 64;

interface Round {
  items: unknown[];
  next: DeltaToken;
  context: string;
}

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
    const next: DeltaToken = { ...token, seen, issued: Date.now(), generation: call.faults.deltaGeneration };
    const items =
      given?.toLowerCase() === 'latest' ? [] : fresh ? everything(call, token) : since(call, token, seen);
    const context = `${SET_OF[kind]}${token.select ? `(${token.select.join(',')})` : ''}`;
    const id = randomUUID();
    this.#rounds.set(id, { items, next, context });
    const oldest = this.#rounds.keys().next().value;
    if (this.#rounds.size > ROUNDS_KEPT && oldest !== undefined) this.#rounds.delete(oldest);
    return this.#page(call, kind, `${id}.0`);
  }

  #newToken(call: GraphCall, kind: ObjectKind): DeltaToken {
    const filter = call.query.get('$filter');
    const select = selectOf(call, [kind], { deltaWith: RELATIONS[kind] ?? [] });
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
    const count = round.items.length;
    // Without the last page, the one before it ends the round, or the only page is empty.
    const told = call.faults.truncates(call.path) ? Math.max(Math.ceil(count / PAGE) - 1, 0) * PAGE : count;
    if (told < count) call.faults.felt.truncated++;
    const from = start > 0 && call.faults.repeats(call.path) ? start - 1 : start;
    const base = `${call.origin}/${call.version}/${SET_OF[kind]}/delta`;
    const link =
      end < told
        ? { '@odata.nextLink': `${base}?$skiptoken=${id}.${end}` }
        : {
            '@odata.deltaLink': `${base}?$deltatoken=${Buffer.from(JSON.stringify(round.next)).toString('base64url')}`,
          };
    return ok({
      '@odata.context': `${call.origin}/${call.version}/$metadata#${round.context}`,
      ...link,
      value: round.items.slice(from, Math.min(end, told)),
    });
  }
}

function readToken(call: GraphCall, kind: ObjectKind, text: string): DeltaToken {
  let token: DeltaToken;
  try {
    token = JSON.parse(Buffer.from(text, 'base64url').toString()) as DeltaToken;
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
