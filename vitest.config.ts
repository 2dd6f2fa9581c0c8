import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each file: module state, signals and leaks of one file cannot touch another.
    pool: 'forks',
    // One more than the cores of the smallest machine: whole-system tests wait for their clock as often as they compute.
    maxWorkers: 3,
    globalSetup: ['test/harness/global-setup.ts'],
    setupFiles: ['test/harness/leak-check.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
