import type { z } from 'zod';
import { nearestName } from '../identity/nearest-name.ts';
import { propertyNames } from './json-schema.ts';
import { oneOf } from './provisioning-config-fields.ts';

/** Something in the file that is refused. The text completes a sentence that begins with the path. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  /** The name where a key is wrong, the value otherwise. */
  readonly at: 'key' | 'value';
  readonly text: string;
}

/** A problem with the value at a path: what stands there, and what is wrong with it. */
export function valueProblem(root: unknown, path: readonly PropertyKey[], wrong: string): Problem {
  const value = valueAt(root, path);
  const found = value === undefined ? 'is missing' : `is ${shown(value)}`;
  return { path, at: 'value', text: `${found}: ${wrong}` };
}

/** What the schema refuses; one problem for each place, the first that it found there. */
export function formProblems(issues: readonly z.core.$ZodIssue[], root: unknown): readonly Problem[] {
  const problems = issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => unknownKey(issue.path, key))
      : [valueProblem(root, issue.path, `it must be ${issue.message}${hint(issue, root)}`)],
  );
  return [
    ...new Map(problems.toReversed().map(one => [JSON.stringify(one.path), one])).values(),
  ].toReversed();
}

/** The value at a path of the file, whatever else stands there. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    root,
  );
}

function unknownKey(path: readonly PropertyKey[], key: string): Problem {
  const known = propertyNames(path);
  const meant = nearestName(key, known);
  const help = meant === undefined ? `possible here: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return { path: [...path, key], at: 'key', text: `is unknown: ${help}` };
}

function hint(issue: z.core.$ZodIssue, root: unknown): string {
  const value = valueAt(root, issue.path);
  if (issue.code !== 'invalid_value' || typeof value !== 'string') return '';
  const meant = nearestName(
    value,
    issue.values.filter(word => typeof word === 'string'),
  );
  return meant === undefined ? '' : `; did you mean ${oneOf([meant])}?`;
}

const SHOWN_LENGTH = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const isLong = typeof value === 'string' && value.length > SHOWN_LENGTH;
  return isLong ? `${JSON.stringify(value.slice(0, SHOWN_LENGTH))}…` : JSON.stringify(value);
}
