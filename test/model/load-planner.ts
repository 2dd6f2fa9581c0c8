import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as compare from '../../src/planning/compare.ts';
import type * as findOwn from '../../src/planning/find-own.ts';
import type * as kindTraits from '../../src/planning/kind-traits.ts';
import type * as lifecycle from '../../src/planning/lifecycle.ts';
import type * as membershipPlan from '../../src/planning/membership-plan.ts';
import type * as resourcePlan from '../../src/planning/resource-plan.ts';
import type * as filter from '../../src/scope/filter.ts';
import type * as scopeDecision from '../../src/scope/scope-decision.ts';

export interface Mutation {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly source: string;
  readonly replacement: string;
}

type Planning = typeof compare &
  typeof findOwn &
  typeof kindTraits &
  typeof lifecycle &
  typeof membershipPlan &
  typeof resourcePlan;
type Scope = typeof filter & typeof scopeDecision;

/** The pure part of the product: everything that decides, and nothing that reads or writes. */
export type Planner = Planning & Scope;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PURE = ['identity', 'planning', 'scope', 'mapping'] as const;
const PACKAGES = ['zod', 're2js', 'fast-check'] as const;

/** Copies of the pure folders and of the planner's own tests, each with one mutation, loaded side by side. */
export class PlannerCopies {
  readonly #folder = mkdtempSync(join(tmpdir(), 'planner-'));
  #count = 0;

  constructor() {
    const modules = join(this.#folder, 'node_modules');
    mkdirSync(modules);
    for (const name of PACKAGES) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    cpSync(new URL('./own-tests-shim', import.meta.url), join(modules, 'vitest'), { recursive: true });
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }');
  }

  /** @throws when the text to be mutated is no longer there, or is there more than once. */
  copy(mutation?: Mutation): string {
    const folder = join(this.#folder, String(this.#count++));
    for (const part of PURE) cpSync(join(ROOT, 'src', part), join(folder, 'src', part), { recursive: true });
    for (const part of ['planning', 'scope'])
      cpSync(join(ROOT, 'test', part), join(folder, 'test', part), { recursive: true });
    if (mutation !== undefined) mutate(join(folder, 'src', mutation.file), mutation);
    return folder;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function loadPlanner(copy: string): Planner {
  const load = createRequire(join(copy, 'package.json'));
  const of = <T>(file: string): T => load(join(copy, 'src', file)) as T;
  return {
    ...of<Planning>('planning/compare.ts'),
    ...of<Planning>('planning/find-own.ts'),
    ...of<Planning>('planning/kind-traits.ts'),
    ...of<Planning>('planning/lifecycle.ts'),
    ...of<Planning>('planning/membership-plan.ts'),
    ...of<Planning>('planning/resource-plan.ts'),
    ...of<Scope>('scope/filter.ts'),
    ...of<Scope>('scope/scope-decision.ts'),
  };
}

function mutate(path: string, { name, file, source, replacement }: Mutation): void {
  const text = readFileSync(path, 'utf8');
  const occurrences = text.split(source).length - 1;
  if (occurrences !== 1)
    throw new Error(
      `the mutation "${name}" is out of date: src/${file} holds its text ${occurrences} times instead of once; ` +
        `look up what became of it, and write the mutation anew:\n${source}`,
    );
  // As a function, so that no $ in it means anything.
  writeFileSync(
    path,
    text.replace(source, () => replacement),
  );
}
