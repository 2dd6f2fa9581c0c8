import { defineConfig } from 'vitest/config';

/** The tests that need nothing but the code that they test: what `npm run test:mutation` runs for each mutant. */
export default defineConfig({
  test: {
    // The files are independent of each other, and a thread for each costs a third more.
    isolate: false,
    include: [
      'test/planning/**/*.test.ts',
      'test/provisioning/{pacer,pacer-rates,pacer-simulation,record-changes,target-gate,target-health,trouble}.test.ts',
    ],
  },
});
