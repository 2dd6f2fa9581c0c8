import { Permanent, RetryLater } from '../identity/errors.ts';
import { DeltaMerge, kindOfLink } from './delta-merge.ts';
import { deltaItem, USER_SELECT } from './graph-schemas.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { DeltaRound } from './types.ts';

/** `$select` decides which changes are tracked, memberships included. Source: "Delta query overview". */
const START = {
  user: `/users/delta?$select=${USER_SELECT}&$deltatoken=latest`,
  group: '/groups/delta?$select=id,displayName,securityEnabled,visibility,members&$deltatoken=latest',
} as const;

/** A delta link for "from now on". */
export async function startDelta(graph: GraphTransport, kind: 'user' | 'group'): Promise<string> {
  return (await follow(graph, kind, START[kind])).deltaLink;
}

/** The round that begins at a stored link. */
export async function readDelta(graph: GraphTransport, link: string): Promise<DeltaRound> {
  graph.refuseForeign(link);
  const kind = kindOfLink(link);
  if (!kind) throw new Permanent('GraphRefused', 'the stored cursor is no delta link of users or groups');
  return follow(graph, kind, link);
}

async function follow(graph: GraphTransport, kind: 'user' | 'group', path: string): Promise<DeltaRound> {
  const what = `reading the changes of ${kind}s`;
  const merge = new DeltaMerge(kind);
  let last: string | undefined;
  for await (const { items, deltaLink } of graph.pages({ method: 'GET', path, what }, deltaItem, true)) {
    for (const item of items) merge.add(item);
    last = deltaLink;
  }
  if (last === undefined) throw new RetryLater(`the last page has no delta link when ${what}`);
  graph.refuseForeign(last);
  return { changes: merge.changes(), deltaLink: last };
}
