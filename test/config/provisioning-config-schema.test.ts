import { readFileSync } from 'node:fs';
import { parse as parseJsonc } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { schemaFile } from '../../scripts/write-config-schema.mjs';
import { configJsonSchema, type JsonSchema } from '../../src/config/json-schema.ts';
import { sourceAttributes } from '../../src/mapping/source-attributes.ts';
import { file, minimal } from './provisioning-config-files.ts';

test('the JSON Schema in infra is up to date', () => {
  const written: unknown = JSON.parse(readFileSync(schemaFile, 'utf8'));
  expect(written, 'run: node scripts/write-config-schema.mjs').toEqual(configJsonSchema());
});

test('every property has a description for people, and says what is possible', () => {
  const properties = [...propertiesBelow(configJsonSchema(), '')];
  expect(properties.length).toBeGreaterThan(100);
  const wordless = properties.filter(([, { description = '' }]) => !/^\$?\w.*\.$/.test(description));
  expect(wordless.map(([path]) => path)).toEqual([]);
  const untyped = properties.filter(
    ([, schema]) => !['type', 'enum', 'const', 'anyOf'].some(key => key in schema),
  );
  expect(untyped.map(([path]) => path)).toEqual([]);
});

test('no object takes keys that the start-up would refuse', () => {
  const open = [['', configJsonSchema()] as const, ...propertiesBelow(configJsonSchema(), '')].filter(
    ([, schema]) => schema.properties !== undefined && schema.additionalProperties !== false,
  );
  expect(open.map(([path]) => path)).toEqual([]);
});

test('defaults are shown where they depend on nothing else', () => {
  const properties = new Map(propertiesBelow(configJsonSchema(), ''));
  const shown = (path: string): unknown => properties.get(path)?.default;
  expect(shown('.scope.mode')).toBe('assigned');
  expect(shown('.lifecycle.groups.deleted.action')).toBe('removeMembers');
  expect(shown('.guard.groupShrink.percent')).toBe(20);
  expect(shown('.scope.guests')).toBeUndefined();
});

test('source attributes are offered for completion, and not the only ones', () => {
  const properties = new Map(propertiesBelow(configJsonSchema(), ''));
  const names = sourceAttributes('user').map(({ name }) => name);
  expect(properties.get('.mappings.users[].source')).toMatchObject({ type: 'string', examples: names });
  expect(properties.get('.scope.filters.users[][].attribute')).toMatchObject({
    type: 'string',
    examples: names.filter(name => name !== 'IsSoftDeleted'),
  });
});

describe('the JSON Schema as an editor reads it', () => {
  const written: z.core.JSONSchema.JSONSchema = JSON.parse(readFileSync(schemaFile, 'utf8'));
  const editor = z.fromJSONSchema(written);
  const sample: unknown = parseJsonc(
    readFileSync(new URL('../../infra/provisioning.config.sample.jsonc', import.meta.url), 'utf8'),
  );

  test('takes the sample, and a file with the ids alone', () => {
    expect(editor.safeParse(sample).error).toBeUndefined();
    expect(editor.safeParse(parseJsonc(minimal)).error).toBeUndefined();
  });

  test.each([
    ['an unknown key', '"scopes": {}', []],
    ['an unknown word', '"scope": { "mode": "asigned" }', ['scope', 'mode']],
    [
      'an unknown operator',
      '"scope": { "filters": { "users": [[{ "operator": "=" }]] } }',
      ['scope', 'filters', 'users', 0, 0, 'operator'],
    ],
    ['a number out of range', '"schedule": { "reconcileMinutes": 5 }', ['schedule', 'reconcileMinutes']],
    ['a rule without target', '"mappings": { "groups": [{}] }', ['mappings', 'groups', 0, 'target']],
    ['an id that is a name', '"adminAllowList": ["me"]', ['adminAllowList', 0]],
  ])('underlines %s', (_what, more, path) => {
    const { error } = editor.safeParse(parseJsonc(file(more)));
    expect(error?.issues.map(issue => issue.path)).toEqual([path]);
  });
});

/** Every property, by its path. */
function* propertiesBelow(schema: JsonSchema, path: string): Generator<[string, JsonSchema]> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (typeof property !== 'object') continue;
    yield [`${path}.${name}`, property];
    yield* propertiesBelow(property, `${path}.${name}`);
  }
  for (const items of [schema.items ?? []].flat()) {
    if (typeof items === 'object') yield* propertiesBelow(items, `${path}[]`);
  }
}
