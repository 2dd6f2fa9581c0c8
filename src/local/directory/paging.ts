import { type GraphAnswer, type GraphCall, ok } from './call.ts';
import { badRequest } from './errors.ts';

/** Graph's default page size for directory objects. */
const DEFAULT_PAGE = 100;

/**
 * Answers a collection, one page at a time. The cursor is the last id of the page, so an object that comes or goes
 * between two pages is shown, or not, without shifting the others.
 */
export function page<T extends { id: string }>(
  call: GraphCall,
  items: readonly T[],
  context: string,
  show: (item: T) => unknown,
): GraphAnswer {
  const size = call.query.top(DEFAULT_PAGE);
  const after = cursorOf(call);
  const sorted = [...items].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const start = after === undefined ? 0 : sorted.findIndex(i => i.id > after);
  let shown = start < 0 ? [] : sorted.slice(start, start + size);
  const left = start < 0 ? 0 : sorted.length - start - shown.length;
  let more = left > 0;
  // One item too many rather than one item less: a page of one must not stand still.
  if (start > 0 && call.faults.repeats(call.path)) shown = sorted.slice(start - 1, start + size);
  if (call.faults.truncates(call.path)) {
    // The last page gets lost: the one before it carries no link, and a list of one page reads as empty.
    if (!more || left <= size) call.faults.felt.truncated++;
    if (!more) shown = [];
    more = left > size;
  }
  const last = shown.at(-1);
  return ok({
    '@odata.context': `${call.origin}/${call.version}/$metadata#${context}`,
    ...(call.query.get('$count') === 'true' && { '@odata.count': items.length }),
    ...(more && last && { '@odata.nextLink': nextLink(call, last.id) }),
    value: shown.map(show),
  });
}

function nextLink(call: GraphCall, after: string): string {
  const path = call.path.split('?')[0] ?? '';
  const kept = ['$select', '$top', '$filter', '$count'].flatMap(name => {
    const value = call.query.get(name);
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  const token = Buffer.from(JSON.stringify({ after })).toString('base64url');
  return `${call.origin}${path}?${[...kept, `$skiptoken=${token}`].join('&')}`;
}

function cursorOf(call: GraphCall): string | undefined {
  const token = call.query.get('$skiptoken');
  if (token === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof parsed === 'object' && parsed && 'after' in parsed && typeof parsed.after === 'string')
      return parsed.after;
  } catch {
    // Answered below, like any other token that Graph did not make.
  }
  throw badRequest('Invalid $skiptoken.');
}
