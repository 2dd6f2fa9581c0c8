// Writes infra/provisioning.config.schema.json anew from the zod schema: `node scripts/write-config-schema.mjs`, on the
// Node of .nvmrc. test/config/provisioning-config-schema.test.ts fails while the file is out of date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { root, toolPath } from './root.mjs';
import { runNode } from './run-child.mjs';

export const schemaFile = join(root, 'infra', 'provisioning.config.schema.json');

if (import.meta.main) {
  writeFileSync(schemaFile, JSON.stringify(configJsonSchema(), null, 2));
  process.exitCode = await runNode(process.execPath, [
    toolPath('@biomejs/biome', 'biome'),
    'format',
    '--write',
    schemaFile,
  ]);
}
