import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's top folder; nothing here depends on the folder a command was typed in. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The JavaScript file behind a tool's command, so that it can be started with a chosen Node on every platform, without
 * a shell.
 * @param {string} packageName
 * @param {string} [command] the name in the package's `bin`, where it differs from the package's own name
 */
export function toolPath(packageName, command = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
