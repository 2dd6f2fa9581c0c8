import { fileURLToPath } from 'node:url';
import { build } from '../../scripts/build.mjs';

/**
 * Brings dist up to date once, before any test: the local Functions host loads the built files, as Azure does. Type
 * errors are shown but stop nothing here, since they are what `npm run check` is for and the built code runs.
 */
export default async function setup(): Promise<void> {
  // Every file and every worker process loads the same modules: compiled once for all of them.
  process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../.local/compile-cache', import.meta.url));
  await build();
}
