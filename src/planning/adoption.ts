import { foldName } from '../identity/names.ts';
import { isAdminValue } from '../mapping/attribute-mapping-values.ts';

/** A resource that the target already has under the wanted name, or with our external id. */
export interface ExistingResource {
  readonly name: string;
  readonly externalId?: string;
  readonly active?: boolean;
  readonly roles: readonly string[];
}

export type AdoptionDecision = 'adopt' | 'propose' | 'refuse';

/**
 * Whether an existing resource may be taken over. A conflict never licenses that by itself.
 *
 * Without asking: the same external id under the same name, or a resource that belongs to nobody and has the
 * `adoptableName`: for a user his user principal name, for a service principal its application id, for a group none.
 * Never without a named override: a resource with an administrative role, or with another external id.
 * A resource that somebody switched off is proposed, since adopting it would switch it on again.
 */
export function decideAdoption(
  wanted: { readonly name: string; readonly externalId: string; readonly adoptableName?: string | undefined },
  existing: ExistingResource,
): AdoptionDecision {
  const ours = existing.externalId === wanted.externalId;
  const nobodys = existing.externalId === undefined || existing.externalId === '';
  if (!ours && !nobodys) return 'refuse';
  if (existing.roles.some(isAdminValue)) return 'refuse';
  if (existing.active === false) return 'propose';
  const name = foldName(existing.name);
  if (ours) return name === foldName(wanted.name) ? 'adopt' : 'propose';
  return wanted.adoptableName !== undefined && name === foldName(wanted.adoptableName) ? 'adopt' : 'propose';
}
