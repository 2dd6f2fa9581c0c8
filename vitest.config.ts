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
  // They sign in as the app does, by what the environment of their process says.
  'test/operations/connection-test.test.ts',
  'test/cli/*commands.test.ts',
  'test/cli/who.test.ts',
  'test/operations/dead-letters.test.ts',
];

/** Measured against the clock, one after the other and beside nothing else: `npm run test:long`. */
const long = [
  'test/scenarios/published-limits.test.ts',
  'test/scenarios/hidden-limits.test.ts',
  'test/scenarios/dismissal-behind-10000-changes.test.ts',
  'test/scenarios/irrelevant-flood-of-a-large-tenant.test.ts',
];

/**
 * The same dangers in all their combinations, and days that pass: `npm run test:all` and continuous integration run them
 * besides what `npm test` does.
 */
const thorough = [
  'test/scenarios/admin-account-of-same-name.test.ts',
  'test/scenarios/aim-switched-on.test.ts',
  'test/scenarios/assigned-anew-while-lists-are-short.test.ts',
  'test/scenarios/change-during-a-long-audit.test.ts',
  'test/scenarios/circular-groups-that-wait-together.test.ts',
  'test/scenarios/deactivated-by-somebody-else.test.ts',
  'test/scenarios/dead-lettering-fails.test.ts',
  'test/scenarios/deleted-in-target.test.ts',
  'test/scenarios/dismissal-behind-500-changes.test.ts',
  'test/scenarios/erased-person.test.ts',
  'test/scenarios/every-kind-of-target.test.ts',
  'test/scenarios/expression-vectors.test.ts',
  'test/scenarios/federated-workspace.test.ts',
  'test/scenarios/filters-through-the-pipeline.test.ts',
  'test/scenarios/foreign-members-are-kept.test.ts',
  'test/scenarios/handed-on-by-a-broker-ahead.test.ts',
  'test/scenarios/hard-deleted-user.test.ts',
  'test/scenarios/hidden-group-unassigned.test.ts',
  'test/scenarios/hidden-membership-elsewhere.test.ts',
  'test/scenarios/irrelevant-flood.test.ts',
  'test/scenarios/joined-below-a-group-that-was-filtered-out.test.ts',
  'test/scenarios/late-create-of-a-dead-owner.test.ts',
  'test/scenarios/late-write-of-a-dead-owner.test.ts',
  'test/scenarios/lease-taken-again-while-given-back.test.ts',
  'test/scenarios/lifecycle-*.test.ts',
  'test/scenarios/moved-to-a-group-assigned-a-moment-ago.test.ts',
  'test/scenarios/name-passed-on-and-no-new-account.test.ts',
  'test/scenarios/nested-*.test.ts',
  'test/scenarios/one-target-in-trouble.test.ts',
  'test/scenarios/own-account-in-a-workspace.test.ts',
  'test/scenarios/pasted-mapping.test.ts',
  'test/scenarios/protected-group-name.test.ts',
  'test/scenarios/protected-object.test.ts',
  'test/scenarios/queue-away-while-rows-wait.test.ts',
  'test/scenarios/reads-a-minute-old.test.ts',
  'test/scenarios/reads-that-never-agree.test.ts',
  'test/scenarios/replayed-dead-letter.test.ts',
  'test/scenarios/roles-while-lists-are-short.test.ts',
  'test/scenarios/scope-*.test.ts',
  'test/scenarios/service-principals.test.ts',
  'test/scenarios/soft-deleted-member.test.ts',
  'test/scenarios/source-refuses-us.test.ts',
  'test/scenarios/state-loss.test.ts',
  'test/scenarios/subscription-lost.test.ts',
  'test/scenarios/swapped-after-an-unanswered-rename.test.ts',
  'test/scenarios/swapped-user-names.test.ts',
  'test/scenarios/target-down-for-a-day.test.ts',
  'test/scenarios/target-refuses-everybody.test.ts',
  'test/scenarios/target-throttles.test.ts',
  'test/scenarios/token-rotated-during-a-cycle.test.ts',
  'test/scenarios/two-groups-of-one-name.test.ts',
  'test/scenarios/unassigned-after-an-unanswered-rename.test.ts',
  'test/scenarios/unassigned-group*.test.ts',
  'test/scenarios/what-others-got-wrong.test.ts',
  'test/scenarios/workspace-*.test.ts',
];

/** Files that take longest. Begun last, one of them would keep the others' cores waiting. */
const longest = [
  'chaos/histories',
  'operations/dead-letters',
  'scenarios/target-down-for-a-day',
  'local/start/once',
  'scenarios/every-kind-of-target',
  'scenarios/aim-switched-on',
  'scenarios/dismissal',
  'scenarios/token-rotated',
  'scenarios/last-page-missing',
  'scenarios/state-loss',
  'scenarios/subscription-lost',
  'local/start/live',
  'scenarios/a-wrong-filter',
  'scenarios/no-secret',
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
    // A hang ends, and a machine that is busy does not: a world that is given up on in its middle spoils those after it.
    testTimeout: 180_000,
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
          // The templates' tests are part of `npm run check`.
          exclude: [...alone, ...long, ...thorough, 'test/infra/**'],
          // A process for several files: starting one costs more than most of these files do.
          isolate: false,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'thorough',
          include: thorough,
          isolate: false,
          setupFiles: ['test/harness/leak-check.ts'],
          sequence: { groupOrder: 0 },
        },
      },
    ],
  },
});
