import { test } from 'vitest';
import { expectIrrelevantChangesToCostLittle } from './irrelevant-flood.ts';

// Ten thousand accounts are compared twice, and three thousand notifications are real work, whatever the clock does.
const TIMEOUT_MS = 600_000;

test(
  'among 300,000 users of whom 9,990 are in scope, which is all that an account takes, fifty irrelevant notifications a second cost no more each than a few do',
  () => expectIrrelevantChangesToCostLittle({ tenant: 300_000, inScope: 9_990, perSecond: 50, seconds: 60 }),
  TIMEOUT_MS,
);
