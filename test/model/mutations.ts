import type { ListedMutation } from './mutation-list.ts';
import { choiceMutations } from './mutations-of-choices.ts';
import { compareMutations } from './mutations-of-plans.ts';

/** Plausible slips of whoever changes the planner next. One whose text is gone fails, so that the list is kept up. */
export const mutations: readonly ListedMutation[] = [...compareMutations, ...choiceMutations];
