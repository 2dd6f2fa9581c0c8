import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Signals, the environment, and what a library reads once when it is loaded: there one file must not touch another. */
const alone = [
  'test/functions/**/*.test.ts',
  'test/harness/**/*.test.ts',
  'test/tooling/**/*.test.ts',
  'test/scim/verbose-log.test.ts',
  'test/hardening/app-credential*.test.ts',
  'test/local/functions-host/managed-identity.test.ts',
];

/** Measured against the clock, one after the other and beside nothing else: `npm run test:long`. */
const long = [
  'test/scenarios/published-limits.test.ts',
  'test/scenarios/hidden-limits.test.ts',
  'test/scenarios/dismissal-behind-10000-changes.test.ts',
  'test/scenarios/irrelevant-flood-of-a-large-tenant.test.ts',
];

/** Files that take longest. Begun last, one of them would keep the others' cores waiting. */
const longest = [
  'scenarios/dismissal',
  'local/start/once',
  'scenarios/every-kind-of-target',
  'scenarios/token-rotated',
  'scenarios/last-page-missing',
  'local/start/live',
  'scenarios/a-wrong-filter',
  'scenarios/scope-all',
  'model/random-tenant',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = longest.findIndex(name => moduleId.includes(`/test/${name}`));
      if (place >= 0) return place;
      return longest.length + (moduleId.includes('/test/scenarios/') ? 0 : 1);
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the cores of the smallest machine: whole-system tests wait for their clock as often as they compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/harness/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'long',
          include: long,
          maxWorkers: 1,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...alone, ...long],
          // A process for several files: starting one costs more than most of these files do.
          isolate: false,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 0 },
        },
      },
    ],
  },
});
