import type { Story } from './provisioning-story.ts';
import {
  created,
  deletedAndRestored,
  disabledAndEnabled,
  foundOnTheFirstPass,
  joinedAndLeft,
  renamed,
  servicePrincipalLeaves,
  takenNameIsOurs,
  unassignedAndAssigned,
} from './stories-of-accounts.ts';
import {
  foreignMemberStays,
  groupCreatedAnew,
  largeGroup,
  nested,
  reservedName,
} from './stories-of-groups.ts';

export const stories: readonly (() => Story)[] = [
  created,
  renamed,
  joinedAndLeft,
  disabledAndEnabled,
  unassignedAndAssigned,
  deletedAndRestored,
  nested,
  takenNameIsOurs,
  foundOnTheFirstPass,
  foreignMemberStays,
  groupCreatedAnew,
  reservedName,
  largeGroup,
  servicePrincipalLeaves,
];
