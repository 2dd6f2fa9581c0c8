import { isExtension } from './properties.ts';
import type { ObjectKind, StoredObject } from './types.ts';

/** The directory extensions that applications of the tenant define. */
export class Extensions {
  readonly #defined = new Set<string>();

  /** For users, groups and service principals alike. */
  define(name: string): void {
    for (const kind of ['user', 'group', 'servicePrincipal'] as const) this.#defined.add(`${kind} ${name}`);
  }

  /** What an object has must be defined. */
  learn({ kind, properties }: StoredObject): void {
    for (const name of Object.keys(properties)) {
      if (isExtension(name)) this.#defined.add(`${kind} ${name}`);
    }
  }

  has(kind: ObjectKind, name: string): boolean {
    return this.#defined.has(`${kind} ${name}`);
  }
}
