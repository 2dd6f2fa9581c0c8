import { foldName } from '../identity/names.ts';

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
 * Without asking: the same external id under the same name, or a user of that userName that belongs to nobody.
 * Never without a named override: a resource with an administrative role, or with another external id.
 * A resource that somebody switched off is proposed, since adopting it would switch it on again.
 */
export function decideAdoption(
  wanted: {
    readonly kind: 'user' | 'group' | 'servicePrincipal';
    readonly name: string;
    readonly externalId: string;
  },
  existing: ExistingResource,
): AdoptionDecision {
  const ours = existing.externalId === wanted.externalId;
  const nobodys = existing.externalId === undefined || existing.externalId === '';
  if (!ours && !nobodys) return 'refuse';
  if (existing.roles.includes('account_admin')) return 'refuse';
  if (existing.active === false) return 'propose';
  const sameName = foldName(existing.name) === foldName(wanted.name);
  if (ours) return sameName ? 'adopt' : 'propose';
  return wanted.kind === 'user' && sameName ? 'adopt' : 'propose';
}
