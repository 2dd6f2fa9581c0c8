import { afterAll, expect, test } from 'vitest';
import { loadPlanner, PlannerCopies } from './load-planner.ts';
import { mutations } from './mutations.ts';
import { failingOwnTest } from './own-tests.ts';
import { firstFailure } from './simulation.ts';

/** Tenants that the planner as it is has to live through, and within which a mutated one has to fail. */
const RUNS = 50;
const SEED = 20_260_101;

const copies = new PlannerCopies();
afterAll(() => copies.close());

test('the planner as it is passes the simulation and its own tests', async () => {
  const copy = copies.copy();
  expect(firstFailure(loadPlanner(copy), RUNS, SEED)).toBeUndefined();
  expect(await failingOwnTest(copy)).toBeUndefined();
});

test('the list has at least twenty mutations, each with a name of its own', () => {
  expect(mutations.length).toBeGreaterThanOrEqual(20);
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
});

test.each(mutations)('caught: $name', async mutation => {
  const copy = copies.copy(mutation);
  if (mutation.by !== 'tests') {
    const problem = firstFailure(loadPlanner(copy), RUNS, SEED);
    expect(problem, 'the simulation does not notice').toBeDefined();
  }
  if (mutation.by !== 'model') {
    const failing = await failingOwnTest(copy);
    expect(failing, 'no test of the planner notices').toBeDefined();
  }
});
