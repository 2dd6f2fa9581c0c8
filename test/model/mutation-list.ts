import type { Mutation } from './load-planner.ts';

/**
 * Who has to catch a mutation: the planner's own tests, which see what one call decides, the simulation, which sees
 * what comes of it, or each of them.
 */
export interface ListedMutation extends Mutation {
  readonly by: 'both' | 'model' | 'tests';
}

/** Mutations of one file below `src`. */
export function inFile(file: string, mutations: readonly Omit<ListedMutation, 'file'>[]): ListedMutation[] {
  return mutations.map(mutation => ({ ...mutation, file }));
}
