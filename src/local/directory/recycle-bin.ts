import type { StoredObject } from './types.ts';

/** Source: "directory: deletedItems": restorable for 30 days. */
const KEPT_MS = 30 * 24 * 3_600_000;

/**
 * Is an object restorable once it is deleted? Devices are not, nor groups that came from on-premises. Guess: neither
 * are groups that belong to Exchange (mail-enabled, but not Microsoft 365), nor managed identities, which go with
 * their Azure resource.
 */
export function isRestorable({ kind, properties }: StoredObject): boolean {
  if (kind === 'device') return false;
  if (kind === 'servicePrincipal') return properties.servicePrincipalType !== 'ManagedIdentity';
  if (kind === 'user') return true;
  const types = Array.isArray(properties.groupTypes) ? properties.groupTypes : [];
  return (
    properties.onPremisesSyncEnabled !== true &&
    (properties.mailEnabled !== true || types.includes('Unified'))
  );
}

/** When what was deleted. */
export class RecycleBin {
  readonly #since = new Map<string, number>();

  put(id: string): void {
    this.#since.set(id, Date.now());
  }

  take(id: string): void {
    this.#since.delete(id);
  }

  /** Ids of what is past its time. */
  expired(): string[] {
    return [...this.#since].filter(([, since]) => Date.now() - since > KEPT_MS).map(([id]) => id);
  }
}
