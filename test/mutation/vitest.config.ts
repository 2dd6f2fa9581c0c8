import { defineConfig } from 'vitest/config';

/** The tests that need nothing but the code that they test: what `npm run test:mutation` runs for each mutant. */
export default defineConfig({
  test: {
    isolate: false,
    include: [
      'test/planning/**/*.test.ts',
      'test/provisioning/{pacer,pacer-rates,pacer-simulation,record-changes,target-gate,target-health,trouble}.test.ts',
    ],
  },
});
