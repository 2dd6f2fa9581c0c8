import { expect, test } from 'vitest';
import type { SourceValue } from '../../src/identity/source-values.ts';
import { group, tenant, user } from '../harness/tenant.ts';
import { createWorld } from '../harness/world.ts';
import { documentedVectors } from '../mapping/expression/vectors.ts';

const EXTENSION = `extension_${'0123456789abcdef'.repeat(2)}_`;
/** As many of the longest ones as an expression of 10,000 characters holds. */
const TARGETS = ['name.givenName', 'name.familyName', 'displayName'] as const;

/** Vectors whose attributes a directory extension can hold, one text each, and whose result one attribute can. */
const vectors = documentedVectors.filter(
  ([, result, attributes = {}]) =>
    !Array.isArray(result) &&
    Object.values(attributes).every(value => value === null || typeof value === 'string'),
);

test('every documented expression gives its documented result in the target', async () => {
  const people = vectors.map(([, , attributes = {}], index) =>
    user(`v${index}`, {
      givenName: null,
      surname: null,
      employeeId: String(index),
      ...Object.fromEntries(
        Object.entries(attributes).flatMap(([name, value]) =>
          value === null || value === '' ? [] : [[EXTENSION + name, value]],
        ),
      ),
    }),
  );
  const all = group(
    'all',
    people.map(({ id }) => id),
  );
  await using world = await createWorld({
    seed: tenant({
      users: people,
      groups: [all],
      assigned: [all.id],
      extensionProperties: [...new Set(vectors.flatMap(([text]) => extended(text).names))],
    }),
    limits: 'off',
    config: {
      mappings: {
        users: [
          { target: 'userName', source: 'userPrincipalName' },
          ...TARGETS.map((target, part) => ({ target, expression: choice(part) })),
        ],
      },
    },
  });
  await world.initialCycle();
  const { store } = world.cloud.databricks;
  const results = vectors.map(([text], index) => {
    const found = store.user(`v${index}@contoso.com`);
    const values = [found?.name?.givenName, found?.name?.familyName, found?.displayName];
    const value = values[index % TARGETS.length];
    // An account without a displayName is shown under its name.
    return [text, value === found?.userName ? undefined : value];
  });
  expect(results).toEqual(vectors.map(([text, result]) => [text, textOf(result)]));
  expect(await world.deadLetters()).toEqual([]);
  // What only lists, flags and numbers can show is left to the tests of the language itself.
  expect(vectors.length).toBeGreaterThan(documentedVectors.length * 0.8);
}, 120_000);

/** Each person has an employee id, which picks his expression out of every third one. */
function choice(part: number): string {
  const cases = vectors.flatMap(([text], index) =>
    index % TARGETS.length === part ? [`"${index}", ${extended(text).text}`] : [],
  );
  return `Switch([employeeId], "", ${cases.join(', ')})`;
}

function extended(expression: string): { text: string; names: string[] } {
  const names: string[] = [];
  // Brackets inside a string are none of an attribute.
  const text = expression.replace(/"(?:\\.|[^"\\])*"|\[(\w+)\]/g, (whole, name?: string) => {
    if (name === undefined) return whole;
    names.push(EXTENSION + name);
    return `[${EXTENSION}${name}]`;
  });
  return { text, names };
}

function textOf(value: SourceValue): string | undefined {
  if (value === null || value === '') return undefined;
  return String(value);
}
