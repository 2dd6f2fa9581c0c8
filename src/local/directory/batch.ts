import { type GraphAnswer, type GraphCall, objectBody, ok } from './call.ts';
import { badRequest, GraphFailure } from './errors.ts';

/** One item of `POST /$batch`. */
interface BatchItem {
  id: string;
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
  dependsOn: string[];
}

/** Serves one item; answers errors as bodies, never throws except to cut the connection. */
export type ServeItem = (item: {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
}) => Promise<GraphAnswer>;

/**
 * JSON batching: at most 20 requests, each throttled and failing on its own inside a 200; a failed dependency
 * gives 424. Guess: the answers come in reverse order, since the docs promise none.
 */
export async function serveBatch(call: GraphCall, serve: ServeItem): Promise<GraphAnswer> {
  const { requests } = objectBody(call);
  if (!Array.isArray(requests)) throw badRequest('Invalid batch payload format.');
  if (requests.length > 20) {
    throw badRequest('Number of batch request steps exceeds the maximum value of 20.');
  }
  const items = requests.map(parseItem);
  if (new Set(items.map(i => i.id)).size !== items.length) throw badRequest('Request ids must be unique.');
  const done = new Map<string, Promise<GraphAnswer>>();
  for (const item of items) {
    const before = item.dependsOn.map(id => done.get(id));
    if (before.includes(undefined))
      throw badRequest(`Write request id : ${item.id} depends on an unknown request.`);
    done.set(
      item.id,
      afterAll(before, () => serve(item)),
    );
  }
  const responses = await Promise.all(
    items.map(async ({ id }) => {
      const answer = await done.get(id);
      return { id, status: answer?.status, headers: answer?.headers ?? {}, body: answer?.body };
    }),
  );
  return ok({ responses: responses.reverse() });
}

async function afterAll(
  before: readonly (Promise<GraphAnswer> | undefined)[],
  serve: () => Promise<GraphAnswer>,
): Promise<GraphAnswer> {
  const answers = await Promise.all(before);
  if (answers.every(a => a && a.status < 400)) return serve();
  const error = { code: 'FailedDependency', message: 'A request that this one depends on has failed.' };
  return { status: 424, body: { error } };
}

function parseItem(raw: unknown): BatchItem {
  const item = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const { id, method, url, body, dependsOn } = item;
  if (typeof id !== 'string' || id === '' || typeof method !== 'string' || typeof url !== 'string') {
    throw badRequest('Invalid batch payload format.');
  }
  if (/^https?:/i.test(url))
    throw new GraphFailure(400, 'BadRequest', 'Batch request urls must be relative.');
  const headers = new Headers(Object.entries((item.headers ?? {}) as Record<string, string>));
  if (body !== undefined && !headers.get('content-type')) {
    throw badRequest(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  return {
    id,
    method: method.toUpperCase(),
    url: url.startsWith('/') ? url : `/${url}`,
    headers,
    body,
    dependsOn: Array.isArray(dependsOn) ? dependsOn.map(String) : [],
  };
}
