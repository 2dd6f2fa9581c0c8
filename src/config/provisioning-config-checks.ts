import { z } from 'zod';
import type { PrincipalKind } from '../identity/principal.ts';
import { compileMapping } from '../mapping/attribute-mapping.ts';
import { MappingError } from '../mapping/attribute-mapping-errors.ts';
import { type Clause, compileFilters, FilterError } from '../scope/filter.ts';
import { GUID } from './provisioning-config-fields.ts';
import { type Problem, valueAt, valueProblem } from './provisioning-config-problems.ts';
import { clauseForms, ruleForms, sectionKinds } from './provisioning-config-rules.ts';

/*
 * The checks that the form alone cannot make. They run on whatever the file holds and leave alone what has the wrong
 * form: that is reported already, and one run should find everything.
 */

/** Settings that contradict each other. */
export function* contradictions(root: unknown): Generator<Problem> {
  yield* scopeProblems(root, Object(valueAt(root, ['scope'])), key => ['scope', key]);
  yield* idleGraces(root);
}

/** @param placeOf where in the file a key of that scope stands, or would stand */
export function* scopeProblems(
  root: unknown,
  scope: Readonly<Record<string, unknown>>,
  placeOf: (key: string) => readonly PropertyKey[],
): Generator<Problem> {
  for (const { given, key, wrong } of scopeContradictions)
    if (given.safeParse(scope).success) yield valueProblem(root, placeOf(key), wrong);
  const included = new Set(idsOf(scope.include).filter(id => id !== undefined));
  for (const [index, id] of idsOf(scope.exclude).entries())
    if (id !== undefined && included.has(id))
      yield valueProblem(root, [...placeOf('exclude'), index], 'it stands in scope.include as well');
}

/** A grace period of nothing is a misunderstanding: whoever wrote it expects something to happen after it. */
function* idleGraces(root: unknown): Generator<Problem> {
  for (const section of Object.keys(sectionKinds)) {
    const path = ['lifecycle', section];
    for (const event of Object.keys(Object(valueAt(root, path)))) {
      const grace = [...path, event, 'graceMinutes'];
      if (valueAt(root, [...path, event, 'action']) === 'keep' && valueAt(root, grace) !== undefined)
        yield valueProblem(
          root,
          grace,
          'it must be left out where the action is "keep": nothing is going to happen that could wait',
        );
    }
  }
}

const scopeContradictions = [
  {
    given: z.object({ nestedGroups: z.literal('mirror'), assignDescendants: z.literal(false) }),
    key: 'assignDescendants',
    wrong:
      'it must be true or left out with nestedGroups "mirror": groups can only be nested in Databricks if they are provisioned',
  },
  {
    given: z.object({ mode: z.literal('all'), assignDescendants: z.literal(true) }),
    key: 'assignDescendants',
    wrong: 'it must be false or left out with mode "all": every group is in scope already',
  },
];

/** Lower-cased; undefined where something else than text stands. */
function idsOf(ids: unknown): readonly (string | undefined)[] {
  if (!Array.isArray(ids)) return [];
  return ids.map((id: unknown) => (typeof id === 'string' ? id.toLowerCase() : undefined));
}

/** Filters and mappings that cannot work. @param at the part of the file whose scope and mappings are meant */
export function ruleProblems(root: unknown, at: readonly PropertyKey[] = []): readonly Problem[] {
  return Object.entries(sectionKinds).flatMap(([section, kind]) => [
    ...filterProblems(root, [...at, 'scope', 'filters', section], kind),
    ...mappingProblems(root, [...at, 'mappings', section], kind),
  ]);
}

/** Clause by clause, so that each names its own problem. */
function* filterProblems(
  root: unknown,
  path: readonly PropertyKey[],
  kind: PrincipalKind,
): Generator<Problem> {
  for (const [filterIndex, filter] of listAt(root, path).entries()) {
    for (const [index, form] of (Array.isArray(filter) ? filter : []).entries()) {
      const clause = clauseForms[kind].safeParse(form);
      if (!clause.success) continue;
      const at = [...path, filterIndex, index];
      const wrong = refusalOf(() => compileFilters(kind, [[clause.data]]), FilterError);
      if (wrong !== undefined) yield problemOf(root, [...at, ...wrong.path.slice(2)], wrong);
      else if (namesNoGroup(clause.data))
        yield valueProblem(root, [...at, 'value'], 'it must be the object id of a group, a GUID');
    }
  }
}

/** A misspelt id would be a group without members, and the filter would pass nobody. */
function namesNoGroup({ operator, value }: Clause): boolean {
  return operator === 'IsMemberOf' && !GUID.test(String(value));
}

/** A rule that is refused is left out and the rest tried again, so that each names its own problem. */
function* mappingProblems(
  root: unknown,
  path: readonly PropertyKey[],
  kind: PrincipalKind,
): Generator<Problem> {
  if (!Array.isArray(valueAt(root, path))) return;
  const forms = listAt(root, path);
  const rules = forms.flatMap((form, index) => {
    const { data: rule } = ruleForms[kind].safeParse(form);
    return rule === undefined ? [] : [{ rule, index }];
  });
  let isComplete = rules.length === forms.length;
  for (;;) {
    const compile = () =>
      compileMapping(
        kind,
        rules.map(({ rule }) => rule),
      );
    const wrong = refusalOf(compile, MappingError);
    if (wrong === undefined) return;
    const [at, ...property] = wrong.path;
    if (typeof at !== 'number') {
      // What is missing may have been in a rule that is refused for something else.
      if (isComplete) yield { path, at: 'value', text: `is not complete: ${wrong.message}` };
      return;
    }
    const [refused] = rules.splice(at, 1);
    isComplete = false;
    yield problemOf(root, [...path, refused?.index ?? at, ...property], wrong);
  }
}

function problemOf(root: unknown, path: readonly PropertyKey[], { message }: Error): Problem {
  const value = valueAt(root, path);
  if (typeof value === 'object') return { path, at: 'value', text: `is refused: ${message}` };
  // Some texts begin with the value, which stands in front of them already.
  const prefix = `${String(value)}: `;
  return valueProblem(root, path, message.startsWith(prefix) ? message.slice(prefix.length) : message);
}

function listAt(root: unknown, path: readonly PropertyKey[]): readonly unknown[] {
  const list = valueAt(root, path);
  return Array.isArray(list) ? list : [];
}

function refusalOf<E extends Error>(
  compile: () => unknown,
  refusal: abstract new (...args: never[]) => E,
): E | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (error instanceof refusal) return error;
    throw error;
  }
}
