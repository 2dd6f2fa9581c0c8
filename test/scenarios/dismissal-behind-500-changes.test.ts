import { test } from 'vitest';
import { dismissalBehind } from './dismissal-behind-a-flood.ts';

test('behind 500 queued changes, every loss of access is applied within the poll interval plus five seconds', () =>
  dismissalBehind(500));
