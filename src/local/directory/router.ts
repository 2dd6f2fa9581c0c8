import type { GraphAnswer, GraphCall } from './call.ts';
import { GraphFailure } from './errors.ts';

/** Path parameters in the order of the `:` segments. */
export type Handler = (call: GraphCall, ...ids: string[]) => GraphAnswer | Promise<GraphAnswer>;

export interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
}

/** `route('GET', '/groups/:/members', …)`; literal segments match without regard to case, as in Graph. */
export function route(method: string, path: string, handler: Handler): Route {
  return { method, segments: path.split('/').filter(s => s !== ''), handler };
}

/** @throws GraphFailure 400 for an unknown path, 405 for a known path with another method. */
export function dispatch(routes: readonly Route[], call: GraphCall): GraphAnswer | Promise<GraphAnswer> {
  let pathKnown = false;
  for (const candidate of routes) {
    const ids = match(candidate.segments, call.segments);
    if (!ids) continue;
    pathKnown = true;
    if (candidate.method === call.method) return candidate.handler(call, ...ids);
  }
  if (pathKnown) {
    throw new GraphFailure(
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
    );
  }
  throw new GraphFailure(
    400,
    'BadRequest',
    `Resource not found for the segment '${call.segments.at(-1) ?? ''}'.`,
  );
}

function match(pattern: readonly string[], segments: readonly string[]): string[] | undefined {
  if (pattern.length !== segments.length) return undefined;
  const ids: string[] = [];
  for (const [i, wanted] of pattern.entries()) {
    const given = segments[i] ?? '';
    if (wanted === ':') ids.push(given);
    else if (wanted.toLowerCase() !== given.toLowerCase()) return undefined;
  }
  return ids;
}
