import { expect, test } from 'vitest';
import { historyOf } from './history.ts';
import { live } from './live.ts';

/** `npm run test:chaos` lives through two hundred of them, and says how to repeat one. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const FEWEST_STEPS = 60;

test.each(SEEDS)(
  'history %i: whatever goes wrong, the target ends as the model, and nothing is lost or taken away without a reason',
  { timeout: 240_000 },
  async seed => {
    const { problems, story, steps } = await live(historyOf(seed));
    expect(problems, [...story, `npm run test:chaos -- --replay ${seed}`].join('\n')).toEqual([]);
    expect(steps).toBeGreaterThanOrEqual(FEWEST_STEPS);
  },
);
