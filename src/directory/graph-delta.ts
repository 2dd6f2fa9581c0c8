import { Permanent, RetryLater } from '../identity/errors.ts';
import type { PrincipalKind } from '../identity/principal.ts';
import { DeltaMerge, kindOfLink } from './delta-merge.ts';
import { SET_OF } from './graph-paths.ts';
import { deltaItem } from './graph-schemas.ts';
import type { Selections } from './graph-select.ts';
import type { GraphTransport } from './graph-transport.ts';
import type { DeltaRound } from './types.ts';

/**
 * A delta link for "from now on". `$select` decides which changes are reported, memberships included, and becomes
 * part of the link. Source: "Delta query overview".
 */
export async function startDelta(
  graph: GraphTransport,
  kind: PrincipalKind,
  select: Selections['delta'],
): Promise<string> {
  const path = `/${SET_OF[kind]}/delta?$select=${select[kind]}&$deltatoken=latest`;
  return (await follow(graph, kind, path)).deltaLink;
}

/** The round that begins at a stored link. */
export async function readDelta(graph: GraphTransport, link: string): Promise<DeltaRound> {
  graph.refuseForeign(link);
  const kind = kindOfLink(link);
  if (!kind) throw new Permanent('GraphRefused', 'the stored cursor is no delta link of principals');
  return follow(graph, kind, link);
}

async function follow(graph: GraphTransport, kind: PrincipalKind, path: string): Promise<DeltaRound> {
  const what = `reading the changes of ${SET_OF[kind]}`;
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
