import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, fingerprint } from '../../scripts/build.mjs';
import { runScript } from '../package/scripts.ts';

const local = fileURLToPath(new URL('../../.local', import.meta.url));
const apps = join(local, 'test-apps');
const KEPT_MS = 3_600_000;

/**
 * Brings dist up to date once, before any test, and bundles the app as it is deployed: what the workers of the tests run
 * is what runs in Azure, and it starts in half the time. Type errors are shown but stop nothing here, since they are
 * what `npm run check` is for and the built code runs.
 */
export default async function setup(): Promise<void> {
  // Every file and every worker process loads the same modules: compiled once for all of them.
  process.env.NODE_COMPILE_CACHE ??= join(local, 'compile-cache');
  await build();
  process.env.TEST_APP_ROOT = await bundledApp();
}

/** One folder for each state of the sources: a run that goes on while somebody edits them keeps its own. */
async function bundledApp(): Promise<string> {
  const name = createHash('sha256').update(fingerprint()).digest('hex').slice(0, 16);
  const app = join(apps, name);
  if (existsSync(app)) return app;
  mkdirSync(apps, { recursive: true });
  for (const old of readdirSync(apps))
    if (Date.now() - statSync(join(apps, old)).mtimeMs > KEPT_MS)
      rmSync(join(apps, old), { recursive: true, force: true });
  const fresh = join(apps, `${name}.${process.pid}`);
  const { code, output } = await runScript('bundle', '--out', fresh);
  if (code !== 0) throw new Error(`the app cannot be bundled: ${output}`);
  try {
    renameSync(fresh, app);
  } catch (error) {
    // Another run was faster.
    if (!existsSync(app)) throw error;
    rmSync(fresh, { recursive: true, force: true });
  }
  return app;
}
