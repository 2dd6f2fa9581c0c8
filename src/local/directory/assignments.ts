import { randomUUID } from 'node:crypto';
import { badRequest, notFound } from './errors.ts';
import { History } from './history.ts';
import type { StoredAssignment } from './types.ts';

/** App-role assignments and their past. */
export class Assignments {
  readonly #byId = new Map<string, History<StoredAssignment>>();
  /** principal, resource and role -> assignment id */
  readonly #grants = new Map<string, string>();

  /** @throws GraphFailure 400 when the principal has this role of this resource already. */
  add(at: number, principalId: string, resourceId: string, appRoleId: string): StoredAssignment {
    const grant = [principalId, resourceId, appRoleId].join('|');
    if (this.#byId.get(this.#grants.get(grant) ?? '')?.latest) {
      throw badRequest('Permission being assigned already exists on the object');
    }
    const id = Buffer.from(`${randomUUID()}${randomUUID()}`.replaceAll('-', ''), 'hex').toString('base64url');
    const createdDateTime = new Date(Date.now()).toISOString();
    const assignment = { id, appRoleId, principalId, resourceId, createdDateTime };
    const history = new History<StoredAssignment>();
    history.push(at, assignment);
    this.#byId.set(id, history);
    this.#grants.set(grant, id);
    return assignment;
  }

  /** @throws GraphFailure 404. */
  remove(at: number, id: string): void {
    const history = this.#byId.get(id);
    if (!history?.latest) throw notFound(id);
    history.push(at, undefined);
  }

  /** Ends everything that an erased object was part of. */
  removeAllOf(at: number, objectId: string): void {
    for (const history of this.#byId.values()) {
      const { latest } = history;
      if (latest?.principalId === objectId || latest?.resourceId === objectId) history.push(at, undefined);
    }
  }

  find(at: number, wanted: (assignment: StoredAssignment) => boolean): StoredAssignment[] {
    const found: StoredAssignment[] = [];
    for (const history of this.#byId.values()) {
      const assignment = history.asOf(at);
      if (assignment && wanted(assignment)) found.push(assignment);
    }
    return found;
  }
}
