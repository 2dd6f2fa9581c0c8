import { GraphFailure } from './errors.ts';
import type { GraphFaults } from './faults.ts';
import type { DirectoryStore } from './store.ts';
import type { DirectoryView } from './view.ts';

/** One request, or one item of a batch, on its way through the routes. */
export interface GraphCall {
  readonly method: string;
  /** `v1.0` or `beta`. */
  readonly version: string;
  /** Path segments after the version, decoded. */
  readonly segments: readonly string[];
  /** Path and query as sent, version included. */
  readonly path: string;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: unknown;
  /** `http://127.0.0.1:1234`, for the links in answers. */
  readonly origin: string;
  readonly tenantId: string;
  readonly view: DirectoryView;
  readonly store: DirectoryStore;
  readonly faults: GraphFaults;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export function ok(body: unknown): GraphAnswer {
  return { status: 200, body };
}

export const NO_CONTENT: GraphAnswer = { status: 204 };

/** Query options; OData names are read without regard to case. */
export class Query {
  readonly #values = new Map<string, string>();

  /** Read by hand: a `+` in a link's token must not become a space. */
  constructor(search: string) {
    for (const part of search.replace(/^\?/, '').split('&')) {
      if (part === '') continue;
      const eq = part.indexOf('=');
      const name = eq < 0 ? part : part.slice(0, eq);
      this.#values.set(decode(name).toLowerCase(), eq < 0 ? '' : decode(part.slice(eq + 1)));
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name.toLowerCase());
  }

  get select(): string[] | undefined {
    const names = this.get('$select')
      ?.split(',')
      .map(n => n.trim())
      .filter(n => n !== '');
    return names && names.length > 0 ? names : undefined;
  }

  /** `$top`; Graph allows at most 999 for directory objects. */
  top(fallback: number): number {
    const text = this.get('$top');
    if (text === undefined) return fallback;
    const top = Number(text);
    if (!Number.isInteger(top) || top < 1 || top > 999) {
      throw new GraphFailure(
        400,
        'Request_BadRequest',
        'Invalid page size specified. Must be between 1 and 999 inclusive.',
      );
    }
    return top;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new GraphFailure(400, 'BadRequest', 'The request URI is not valid.');
  }
}

/** The body as a JSON object. */
export function objectBody(call: GraphCall): Record<string, unknown> {
  if (typeof call.body !== 'object' || call.body === null || Array.isArray(call.body)) {
    throw new GraphFailure(400, 'BadRequest', 'Unable to read JSON request payload.');
  }
  return call.body as Record<string, unknown>;
}

/** `$count`, `$search` and casts need the eventual index. Source: "Advanced query capabilities". */
export function requireEventual(call: GraphCall, withCount: boolean): void {
  const eventual = call.headers.get('consistencylevel')?.toLowerCase() === 'eventual';
  if (!eventual || (withCount && call.query.get('$count') !== 'true')) {
    throw new GraphFailure(
      400,
      'Request_UnsupportedQuery',
      'Request requires ConsistencyLevel: eventual and $count=true.',
    );
  }
}
