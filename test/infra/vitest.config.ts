import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The templates' tests alone, as `npm run check` runs them: nothing is built or started for them. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/infra/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 60_000,
  },
});
