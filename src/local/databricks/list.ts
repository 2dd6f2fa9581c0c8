import type { Profile } from './profile.ts';
import { invalid } from './refusal.ts';
import { project, renderListed, renderMembers, type View } from './render.ts';
import type { ResourceType, StoredResource } from './types.ts';

const LARGEST_PAGE = 100;

/** What lists leave out, or show although others do not. */
export interface Listing {
  /** They did until 2025-08 (databricks-sdk-py issue 1118). */
  readonly listsMembers: boolean;
  readonly hidesUnused: boolean;
  /** How many of so many are shown. */
  readonly shown: (count: number) => number;
}

/** GET of a collection. @throws Refusal */
export function listResources(
  type: ResourceType,
  query: URLSearchParams,
  view: View,
  { listsMembers, hidesUnused, shown }: Listing,
): object {
  const { profile } = view;
  const count = pageSize(profile, query.get('count'));
  const startIndex = Math.max(integer('startIndex', query.get('startIndex')) ?? 1, 1);
  const filter = query.get('filter');
  const all = view.account.list(type, view.moment).filter(({ isUnused }) => !(hidesUnused && isUnused));
  const render = (resource: StoredResource) => {
    const listed = renderListed(resource, view);
    const members = listsMembers && type === 'Groups' ? renderMembers(resource, view) : undefined;
    return members === undefined ? listed : { ...listed, members };
  };
  const found = filter === null ? all : all.filter(profile.filter(type, filter));
  const matching = found.slice(0, shown(found.length));
  const page = matching
    .slice(startIndex - 1, startIndex - 1 + count)
    .map(resource => project(render(resource), query.get('attributes'), query.get('excludedAttributes')));
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: matching.length,
    startIndex,
    itemsPerPage: page.length,
    // Guess: left out when empty, as everything that is empty.
    ...(page.length > 0 && { Resources: page }),
  };
}

function pageSize(profile: Profile, text: string | null): number {
  const count = Math.max(integer('count', text) ?? LARGEST_PAGE, 0);
  if (count > LARGEST_PAGE && profile.pageAboveMaximum === 'refuse') {
    throw invalid('invalidValue', `count must not be greater than ${LARGEST_PAGE}`);
  }
  return Math.min(count, LARGEST_PAGE);
}

function integer(name: string, text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^-?\d{1,9}$/.test(text)) throw invalid('invalidValue', `${name} must be an integer`);
  return Number(text);
}
