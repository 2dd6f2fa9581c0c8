/**
 * The vitest runner of Stryker, which runs for each mutant the tests of the files that reach it.
 *
 * By itself it asks for the tests by name, with a blank between a suite and its tests. vitest 5 puts ` > ` there, finds
 * none of them, and lets every mutant live (stryker-js issue 6210). A file without the name of a test is all its tests.
 */
import { strykerPlugins as plugins, strykerValidationSchema } from '@stryker-mutator/vitest-runner';

const [vitest] = plugins;
const factory = vitest?.factory;
if (vitest === undefined || factory === undefined || !('inject' in factory))
  throw new Error('the vitest runner of Stryker is not made as it was');

const createRunner = Object.assign(
  (...given: Parameters<typeof factory>) => {
    const runner = factory(...given);
    const run = runner.mutantRun.bind(runner);
    runner.mutantRun = options =>
      run(options.testFilter ? { ...options, testFilter: filesOf(options.testFilter) } : options);
    return runner;
  },
  { inject: factory.inject },
);

/** @param ids each `file#name of the test` */
function filesOf(ids: readonly string[]): string[] {
  return [...new Set(ids.map(id => `${id.slice(0, id.indexOf('#'))}#`))];
}

export const strykerPlugins = [{ ...vitest, factory: createRunner }];
export { strykerValidationSchema };
