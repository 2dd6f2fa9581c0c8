import type { DirectoryStore } from '../../src/local/directory/store.ts';
import type { SeedGroup, SeedServicePrincipal, SeedUser } from '../../src/local/directory/types.ts';
import type { State } from '../../src/state/state.ts';
import type { KindOfTarget } from './kinds-of-target.ts';

/**
 * Something that happens in Entra ID, and what every target should make of it. The stories live side by side in one
 * tenant, each with people and groups of its own.
 */
export interface Story {
  readonly name: string;
  readonly users?: readonly (SeedUser & { id: string })[];
  readonly groups?: readonly (SeedGroup & { id: string })[];
  readonly servicePrincipals?: readonly (SeedServicePrincipal & { id: string; appId: string })[];
  /** Ids; default: all of the above. */
  readonly assigned?: readonly string[];
  /** What is in a target, and perhaps in our own memory, before any worker starts. */
  readonly before?: (kind: KindOfTarget, state: State) => void | Promise<void>;
  /** What should be there after the first full pass, and then after each step. */
  readonly first: (kind: KindOfTarget) => void;
  readonly steps?: readonly {
    readonly inEntra: (directory: DirectoryStore) => void;
    readonly holds: (kind: KindOfTarget) => void;
  }[];
}

export const upn = (alias: string): string => `${alias}@contoso.com`;
export const on = (kind: KindOfTarget, name: string): boolean | undefined => kind.account(name)?.active;
export const isIn = (kind: KindOfTarget, groupName: string, name: string): boolean =>
  kind.group(groupName)?.members.includes(kind.account(name)?.id ?? '') === true;
