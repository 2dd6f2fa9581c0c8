import { badRequest } from './errors.ts';
import type { StoredObject } from './types.ts';

/** Who holds which user principal name. A name is free again as soon as its holder is in the recycle bin. */
export class UserNames {
  /** Lower-case user principal name -> id, of users that are not in the recycle bin. */
  readonly #holders = new Map<string, string>();

  holderOf(userPrincipalName: string): string | undefined {
    return this.#holders.get(userPrincipalName.toLowerCase());
  }

  /** @throws GraphFailure 400 when another user than `except` holds the name. */
  refuseTaken(name: string, except?: string): void {
    const holder = this.holderOf(name);
    if (holder !== undefined && holder !== except) {
      throw badRequest('Another object with the same value for property userPrincipalName already exists.');
    }
  }

  /** Follows an object from one version to the next. */
  follow(before: StoredObject | undefined, after: StoredObject): void {
    if (after.kind !== 'user') return;
    if (before && !before.deletedDateTime) this.#holders.delete(nameOf(before));
    if (!after.deletedDateTime) this.#holders.set(nameOf(after), after.id);
  }
}

function nameOf(user: StoredObject): string {
  return String(user.properties.userPrincipalName).toLowerCase();
}
