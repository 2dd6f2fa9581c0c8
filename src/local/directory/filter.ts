import { badRequest } from './errors.ts';
import { propertyOf } from './render.ts';
import type { StoredObject } from './types.ts';

type Test = (object: StoredObject) => boolean;

/**
 * Parses the part of OData `$filter` that directory objects are asked with: `eq`, `ne`, `in`, `startswith`,
 * `endswith`, `and`, `or`, `not` and brackets. A quote inside a string is doubled (`O''Brien`).
 *
 * @throws GraphFailure 400 for anything else, an unescaped quote included.
 */
export function parseFilter(text: string): Test {
  const tokens = tokenize(text);
  const test = either(tokens);
  if (tokens.length > 0) throw invalid();
  return test;
}

/** The ids of a delta query's `$filter`: only `id eq '…'` joined by `or`, at most 50. Source: "group: delta". */
export function parseIdFilter(text: string): Set<string> {
  const ids = new Set<string>();
  for (const part of text.split(/\s+or\s+/i)) {
    const match = /^\(?\s*id\s+eq\s+'([^']+)'\s*\)?$/i.exec(part.trim());
    if (!match?.[1]) throw invalid();
    ids.add(match[1]);
  }
  if (ids.size > 50) throw badRequest('Too many ids in the filter: at most 50 are allowed.');
  return ids;
}

function invalid(): Error {
  return badRequest('Invalid filter clause: Syntax error in the filter expression.');
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*('(?:[^']|'')*'|[A-Za-z_][\w./]*|[(),]|-?\d+)/y;
  const trimmed = text.trim();
  while (pattern.lastIndex < trimmed.length) {
    const match = pattern.exec(trimmed);
    if (!match?.[1]) throw invalid();
    tokens.push(match[1]);
  }
  return tokens;
}

function either(tokens: string[]): Test {
  const first = both(tokens);
  if (tokens[0]?.toLowerCase() !== 'or') return first;
  tokens.shift();
  const rest = either(tokens);
  return o => first(o) || rest(o);
}

function both(tokens: string[]): Test {
  const first = single(tokens);
  if (tokens[0]?.toLowerCase() !== 'and') return first;
  tokens.shift();
  const rest = both(tokens);
  return o => first(o) && rest(o);
}

function single(tokens: string[]): Test {
  const head = tokens.shift();
  if (head === undefined) throw invalid();
  if (head === '(') {
    const inner = either(tokens);
    expect(tokens, ')');
    return inner;
  }
  if (head.toLowerCase() === 'not') {
    const inner = single(tokens);
    return o => !inner(o);
  }
  const edge = head.toLowerCase();
  if (edge === 'startswith' || edge === 'endswith') {
    expect(tokens, '(');
    const name = tokens.shift() ?? '';
    expect(tokens, ',');
    const part = String(literal(tokens.shift())).toLowerCase();
    expect(tokens, ')');
    return o => {
      const value = String(propertyOf(o, name) ?? '').toLowerCase();
      return edge === 'startswith' ? value.startsWith(part) : value.endsWith(part);
    };
  }
  return comparison(head, tokens);
}

function comparison(name: string, tokens: string[]): Test {
  const operator = tokens.shift()?.toLowerCase();
  if (operator === 'in') {
    expect(tokens, '(');
    const wanted: unknown[] = [];
    do wanted.push(literal(tokens.shift()));
    while (tokens[0] === ',' && tokens.shift());
    expect(tokens, ')');
    return o => wanted.some(w => same(propertyOf(o, name), w));
  }
  const wanted = literal(tokens.shift());
  if (operator === 'eq') return o => same(propertyOf(o, name), wanted);
  if (operator === 'ne') return o => !same(propertyOf(o, name), wanted);
  throw invalid();
}

/** Directory strings compare without regard to case. */
function same(value: unknown, wanted: unknown): boolean {
  if (typeof value === 'string' && typeof wanted === 'string')
    return value.toLowerCase() === wanted.toLowerCase();
  return (value ?? null) === wanted;
}

function literal(token: string | undefined): unknown {
  if (token?.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'null') return null;
  if (token !== undefined && /^-?\d+$/.test(token)) return Number(token);
  throw invalid();
}

function expect(tokens: string[], wanted: string): void {
  if (tokens.shift() !== wanted) throw invalid();
}
