import { foldName } from '../identity/names.ts';
import type { Principal } from '../identity/principal.ts';
import { type AdoptionDecision, decideAdoption } from './adoption.ts';
import { kindTraits } from './kind-traits.ts';
import type { ActualResource, DesiredResource } from './picture.ts';

export interface Found {
  readonly action: 'create' | 'adopt' | 'propose-adoption' | 'refuse-adoption' | 'ambiguous-match';
  readonly candidates: readonly ActualResource[];
}

const actionOf: Record<AdoptionDecision, Found['action']> = {
  adopt: 'adopt',
  propose: 'propose-adoption',
  refuse: 'refuse-adoption',
};

/**
 * The existing resource that a principal without a link would become, by the matching attributes in their order. The
 * first attribute by which anything is found decides; several resources found by one attribute are nobody's to choose.
 */
export function findOwn(
  principal: Principal,
  wanted: DesiredResource,
  free: readonly ActualResource[],
  matching: readonly string[],
): Found {
  const { kind, id: externalId } = principal;
  const name = String(wanted.create[kindTraits[kind].nameAttribute] ?? '');
  for (const key of matching) {
    const value = wanted.match[key];
    // A blank value would find whatever has none.
    if (value === undefined || foldName(value) === '') continue;
    const candidates = free.filter(resource => isMatch(resource, key, value));
    const [first] = candidates;
    if (first === undefined) continue;
    if (candidates.length > 1) return { action: 'ambiguous-match', candidates };
    const decision = decideAdoption({ name, externalId, adoptableName: wanted.adoptableName }, first);
    return { action: actionOf[decision], candidates };
  }
  return { action: 'create', candidates: [] };
}

/** Ids are compared as they are; everything else as a person would. */
function isMatch(resource: ActualResource, key: string, wanted: string): boolean {
  if (key === 'id') return resource.scimId === wanted;
  if (key === 'externalId') return resource.externalId === wanted;
  const there = resource.attributes[key];
  return there !== undefined && foldName(String(there)) === foldName(wanted);
}
