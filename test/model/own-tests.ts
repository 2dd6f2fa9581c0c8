import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'vitest';

interface OwnTest {
  readonly name: string;
  readonly run: () => unknown;
}

/** The planner's own tests: they are loaded from a copy, against the source beside it. */
const FILES = [
  'planning/adoption.test.ts',
  'planning/compare.test.ts',
  'planning/compare-differences.test.ts',
  'planning/compare-groups.test.ts',
  'planning/compare-members.test.ts',
  'planning/find-own.test.ts',
  'planning/lifecycle.test.ts',
  'planning/membership-plan.test.ts',
  'planning/name-precedence.test.ts',
  'planning/resource-plan.test.ts',
  'scope/scope-decision.test.ts',
  'scope/operators.test.ts',
  'scope/filter.test.ts',
] as const;

/** Runs them until one fails. @returns its name; undefined when all pass */
export async function failingOwnTest(copy: string): Promise<string | undefined> {
  const tests: OwnTest[] = [];
  const names: string[] = [];
  const host = {
    expect,
    within: (name: string, define: () => void): void => {
      names.push(name);
      define();
      names.pop();
    },
    add: (name: string, run: () => unknown): void => {
      tests.push({ name: [...names, name].join(' > '), run });
    },
  };
  Object.assign(globalThis, { [Symbol.for('planner-own-tests')]: host });
  const load = createRequire(join(copy, 'package.json'));
  for (const file of FILES) {
    try {
      load(join(copy, 'test', file));
    } catch (error) {
      // A mutation may break what a test file builds when it is loaded.
      return `${file}: ${error}`;
    }
  }
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      return `${name}: ${String(error).slice(0, 300)}`;
    }
  }
  return undefined;
}
