import { test } from 'vitest';
import { expectIrrelevantChangesToCostLittle } from './irrelevant-flood.ts';

test('a notification about somebody who is not in scope costs a few table reads and one look, however many come', () =>
  expectIrrelevantChangesToCostLittle({ tenant: 3_000, inScope: 100, perSecond: 50, seconds: 6 }));
