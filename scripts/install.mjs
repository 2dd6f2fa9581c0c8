import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { runNpm } from './npm.mjs';
import { root } from './root.mjs';

const lockfile = join(root, 'package-lock.json');
// npm's own record of what it put there; it writes it last, so a broken-off installation has none.
const installed = join(root, 'node_modules', '.package-lock.json');
// Which lockfile that installation was found to satisfy, so that the comparison is made once.
const stamp = join(root, 'node_modules', '.satisfies');

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Entry */

/**
 * Makes node_modules hold what the lockfile says; does nothing, in a few milliseconds, when it does already. Safe to
 * call from several processes at once.
 * @throws {Error} when npm fails
 */
export async function ensureInstalled() {
  if (isStamped()) return;
  await withLock('install', async () => {
    if (isStamped()) return;
    if (!satisfiesLockfile()) await runNpmCi();
    writeFileSync(stamp, fingerprint());
  });
}

function isStamped() {
  return read(installed) !== undefined && read(stamp) === fingerprint();
}

/** A folder shared between machines (a mount, a container) must not be taken for an installation of this platform. */
function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  return `${hash} ${process.platform}-${process.arch}\n`;
}

/** Whether somebody's own `npm ci` or `npm install` already did the work. */
function satisfiesLockfile() {
  const record = read(installed);
  if (record === undefined || read(stamp)?.endsWith(` ${process.platform}-${process.arch}\n`) === false)
    return false;
  /** @type {Record<string, Entry>} */
  const wanted = JSON.parse(readFileSync(lockfile, 'utf8')).packages;
  /** @type {Record<string, Entry>} */
  const present = JSON.parse(record).packages;
  const isMissing = (/** @type {string} */ path, /** @type {Entry} */ entry) => {
    const found = present[path];
    // Optional packages are those of other platforms.
    if (!found) return !entry.optional;
    return found.version !== entry.version || found.integrity !== entry.integrity;
  };
  return (
    Object.entries(wanted).every(([path, entry]) => path === '' || !isMissing(path, entry)) &&
    Object.keys(present).every(path => path in wanted)
  );
}

async function runNpmCi() {
  console.error('Installing the dependencies from package-lock.json (about a minute) ...');
  // "error" leaves out the engine warnings of an npm that itself runs on an older Node; the tools never do.
  // Development and optional packages are asked for by name, since NODE_ENV or a user's configuration may omit them.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's report goes to standard error: standard output belongs to the task (`npm start -- --json`).
  const code = await runNpm(args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new Error(`"npm ci" failed (exit code ${code}); its messages are above.`);
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
