import type { JsonSchema } from '../../src/config/json-schema.ts';

/** What a target may say in place of the general keys of the same names, which are on the page. */
const replaced = /^targets\[\]\.(scope|mappings)\./;

/** Every key of the file as the documentation writes it, with its default as JSON; empty where it has none. */
export function documentedKeys(schema: JsonSchema): ReadonlyMap<string, string> {
  return new Map(
    [...keysBelow(schema, '')]
      .filter(([path]) => !replaced.test(path))
      .map(([path, { default: value }]) => [
        path
          .replace(/^(scope\.filters|mappings)\.(users|groups|servicePrincipals)\b/, '$1.<kind>')
          .replace(/^lifecycle\.(users|servicePrincipals)\b/, 'lifecycle.<accounts>')
          .replace(/^guard\.(accounts|memberships|grants)$/, 'guard.<removals>'),
        value === undefined ? '' : JSON.stringify(value),
      ]),
  );
}

function* keysBelow(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property !== 'object') continue;
    const below = path === '' ? name : `${path}.${name}`;
    yield [below, property];
    yield* keysBelow(property, below);
  }
  for (const items of [schema.items ?? []].flat())
    if (typeof items === 'object') yield* keysBelow(items, `${path}[]`);
}
