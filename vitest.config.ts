import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each file: module state, signals and leaks of one file cannot touch another.
    pool: 'forks',
    // Whole-system tests start several processes each; more of them at once only makes timings worse.
    maxWorkers: 2,
    globalSetup: ['test/harness/global-setup.ts'],
    setupFiles: ['test/harness/leak-check.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
