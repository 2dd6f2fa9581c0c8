import { z } from 'zod';
import { provisioningSchema } from './provisioning-config-schema.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema of `provisioning.config.json`, for completion and checks in an editor. Draft 7, the newest that
 * Visual Studio Code knows completely. It checks the form; what takes knowledge of Entra or Databricks, such as whether
 * an expression is sound, only the start-up checks.
 */
export function configJsonSchema(): JsonSchema {
  return {
    ...z.toJSONSchema(provisioningSchema, { target: 'draft-7', io: 'input' }),
    // Visual Studio Code's own keywords: without them it underlines comments and trailing commas in a .json file.
    allowComments: true,
    allowTrailingCommas: true,
  };
}

let known: JsonSchema | undefined;

/** The names of the properties that the object at that path may have. */
export function propertyNames(path: readonly PropertyKey[]): readonly string[] {
  known ??= configJsonSchema();
  const schema = path.reduce<JsonSchema | undefined>((parent, key) => {
    const below = typeof key === 'number' ? [parent?.items].flat()[0] : parent?.properties?.[String(key)];
    return typeof below === 'object' ? below : undefined;
  }, known);
  return Object.keys(schema?.properties ?? {});
}
