import { invalidFilter } from './refusal.ts';
import type { ResourceType, StoredResource } from './types.ts';

export type Predicate = (resource: StoredResource) => boolean;

/** What SCIM 2.1 documents: one `eq` on one of these, and nothing else. */
const DOCUMENTED: Record<ResourceType, readonly string[]> = {
  Users: ['userName'],
  Groups: ['displayName', 'externalId'],
  ServicePrincipals: ['applicationId'],
};

/** `roles.value` is how SCIM-DBX looks for account admins. */
const FILTERABLE = ['id', 'userName', 'displayName', 'externalId', 'applicationId', 'roles.value'] as const;
type Filterable = (typeof FILTERABLE)[number];

const QUOTED = /\s*([A-Za-z.]+)\s+([A-Za-z]+)\s+("(?:[^"\\]|\\.)*")\s*/sy;
/** Workspaces take single quotes and none as well (databricks-sdk-go's examples; Terraform provider issue 3136). */
const ANY_QUOTES = /\s*([A-Za-z.]+)\s+([A-Za-z]+)\s+("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+)\s*/sy;
const LOGIC = /(and|or)(?=\s)/iy;

/** SCIM 2.1: exactly the documented filters. @throws Refusal */
export function documentedFilter(type: ResourceType, text: string): Predicate {
  const terms = parse(text, QUOTED);
  const [only] = terms;
  if (terms.length !== 1 || only?.op !== 'eq' || !DOCUMENTED[type].includes(only.attribute))
    throw invalidFilter();
  return only.matches;
}

/** SCIM 2.0: `eq ne co sw`, joined by `and` and `or` without parentheses. @throws Refusal */
export function expressionFilter(text: string, quotes: 'double' | 'any'): Predicate {
  const alternatives: Predicate[][] = [];
  for (const term of parse(text, quotes === 'any' ? ANY_QUOTES : QUOTED)) {
    if (term.joinedBy === 'and') alternatives.at(-1)?.push(term.matches);
    else alternatives.push([term.matches]);
  }
  return resource => alternatives.some(all => all.every(matches => matches(resource)));
}

interface Term {
  joinedBy: 'and' | 'or' | undefined;
  attribute: Filterable;
  op: string;
  matches: Predicate;
}

/** SCIM 2.1 reference: more nodes than this are refused. */
const MOST_NODES = 200;

function parse(text: string, pattern: RegExp): Term[] {
  const terms: Term[] = [];
  let joinedBy: Term['joinedBy'];
  let at = 0;
  while (at < text.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) throw invalidFilter();
    terms.push(comparison(match, joinedBy));
    at = pattern.lastIndex;
    if (at === text.length) break;
    LOGIC.lastIndex = at;
    const logic = LOGIC.exec(text)?.[1]?.toLowerCase();
    if (logic !== 'and' && logic !== 'or') throw invalidFilter();
    joinedBy = logic;
    at = LOGIC.lastIndex;
    if (text.slice(at).trim() === '') throw invalidFilter();
  }
  if (terms.length === 0 || terms.length * 2 - 1 > MOST_NODES) throw invalidFilter();
  return terms;
}

function comparison(match: RegExpExecArray, joinedBy: Term['joinedBy']): Term {
  const attribute = FILTERABLE.find(name => name === match[1]);
  const op = match[2]?.toLowerCase() ?? '';
  if (attribute === undefined) throw invalidFilter('Given filter attribute is not supported');
  const fold = (value: string): string => (attribute === 'userName' ? value.toLowerCase() : value);
  const wanted = fold(unquoted(match[3] ?? ''));
  const compare = (test: (actual: string) => boolean): Predicate => {
    if (attribute === 'roles.value') return resource => [...resource.roles].some(test);
    return resource => test(fold(resource[attribute] ?? ''));
  };
  const predicates: Record<string, Predicate> = {
    eq: compare(actual => actual === wanted),
    ne: compare(actual => actual !== wanted),
    co: compare(actual => actual.includes(wanted)),
    sw: compare(actual => actual.startsWith(wanted)),
  };
  const matches = predicates[op];
  if (!matches) throw invalidFilter();
  return { joinedBy, attribute, op, matches };
}

function unquoted(literal: string): string {
  if (!literal.startsWith('"')) return literal.replaceAll("'", '');
  try {
    return JSON.parse(literal) as string;
  } catch {
    throw invalidFilter();
  }
}
