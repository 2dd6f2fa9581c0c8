import type { z } from 'zod';
import { now } from '../identity/clock.ts';
import { failureOf } from './graph-failures.ts';
import type { GraphReply } from './graph-reply.ts';
import type { GraphRequest, GraphTransport } from './graph-transport.ts';

/** One object; `undefined` when Graph answers 404. */
export async function readOne<T>(
  graph: GraphTransport,
  path: string,
  schema: z.ZodType<T>,
  what: string,
): Promise<T | undefined> {
  return orAbsent(graph, await graph.send({ method: 'GET', path, what }), schema, what);
}

/** Many objects in batches. Every id that was asked for is a key of the answer. */
export async function readMany<T>(
  graph: GraphTransport,
  ids: readonly string[],
  path: (id: string) => string,
  schema: z.ZodType<T>,
  what: string,
): Promise<Map<string, T | undefined>> {
  const distinct = [...new Set(ids)];
  const requests = distinct.map(id => ({ method: 'GET' as const, path: path(id) }));
  const replies = await graph.batch(requests, what);
  return zip(
    distinct,
    replies.map(reply => orAbsent(graph, reply, schema, what)),
  );
}

/**
 * A whole collection, each item once: what moves while the pages are read may come twice, then the later mention
 * counts.
 *
 * @throws Absent when its owner is not there: that is not an empty collection.
 */
export async function readAll<T extends { readonly id: string }>(
  graph: GraphTransport,
  request: GraphRequest,
  schema: z.ZodType<T>,
): Promise<T[]> {
  const found = new Map<string, T>();
  for await (const { items } of graph.pages(request, schema)) {
    for (const item of items) found.set(item.id, item);
  }
  return [...found.values()];
}

/** The body of a 200; `undefined` for a 404; any other answer is thrown as what it means. */
export function orAbsent<T>(
  graph: GraphTransport,
  reply: GraphReply,
  schema: z.ZodType<T>,
  what: string,
): T | undefined {
  if (reply.status === 404) return undefined;
  if (reply.status !== 200) throw failureOf(what, reply, now());
  return graph.read(schema, reply, what);
}

export function zip<T>(ids: readonly string[], values: readonly T[]): Map<string, T> {
  return new Map(ids.map((id, i) => [id, values[i] as T]));
}
