import { defineConfig } from 'vitest/config';

/** Signals, the environment, and what a library reads once when it is loaded: there one file must not touch another. */
const alone = [
  ...['local/start', 'operations', 'functions', 'harness', 'tooling'].map(
    folder => `test/${folder}/**/*.test.ts`,
  ),
  'test/scim/verbose-log.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the cores of the smallest machine: whole-system tests wait for their clock as often as they compute.
    maxWorkers: 3,
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
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          // A process for several files: starting one costs more than most of these files do.
          isolate: false,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 0 },
        },
      },
    ],
  },
});
