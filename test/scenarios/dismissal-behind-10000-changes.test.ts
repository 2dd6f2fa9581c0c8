import { test } from 'vitest';
import { dismissalBehind } from './dismissal-behind-a-flood.ts';

// Ten thousand looks are real work, whatever the clock does.
const TIMEOUT_MS = 15 * 60_000;

test(
  'behind 10,000 queued changes, every loss of access is applied within the poll interval plus five seconds',
  () => dismissalBehind(10_000),
  TIMEOUT_MS,
);
