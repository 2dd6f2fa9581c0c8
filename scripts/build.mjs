import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { withLock } from './lock.mjs';
import { root, toolPath } from './root.mjs';
import { runChild } from './run-child.mjs';

const sourceFolders = ['functions', 'src'];
const dist = join(root, 'dist');
/** Made of the same sources by `npm run bundle` and `npm run sbom`, which replace it themselves. */
const notOurs = [join(dist, 'package'), join(dist, 'sbom.cdx.json')];
const stamp = join(dist, '.built-from');

/**
 * Makes dist hold the compiled form of functions/ and src/, and nothing else. Does nothing when no source changed since
 * the last build. The compiler is quick enough to build everything each time, so there is no incremental state that
 * could disagree with what lies in dist.
 * @param {{ node?: string }} [options] the Node to run the compiler on
 * @returns {Promise<boolean>} false after type errors: they are on standard error, and dist is complete nevertheless
 */
export async function build({ node = process.execPath } = {}) {
  if (isUpToDate()) return true;
  return withLock('build', async () => {
    if (isUpToDate()) return true;
    // Taken before the compiler reads anything: what changes meanwhile is built the next time.
    const builtFrom = fingerprint();
    mkdirSync(dist, { recursive: true });
    const isSound = await compile(node);
    removeStaleOutput();
    if (isSound) writeFileSync(stamp, builtFrom);
    else rmSync(stamp, { force: true });
    return isSound;
  });
}

function isUpToDate() {
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint()) return false;
  return [...expectedOutput()].every(file => existsSync(join(dist, file)));
}

/** Changes with every edit, addition, removal and renaming of a source, and with compiler and options. */
export function fingerprint() {
  return [...sources(), 'tsconfig.json', 'package-lock.json']
    .map(file => {
      const { mtimeMs, size } = statSync(join(root, file));
      return `${file} ${mtimeMs} ${size}\n`;
    })
    .join('');
}

function sources() {
  return sourceFolders
    .flatMap(folder => filesBelow(join(root, folder), root))
    .filter(file => file.endsWith('.ts'));
}

function expectedOutput() {
  return new Set(
    sources()
      .filter(file => !file.endsWith('.d.ts'))
      .map(file => file.replace(/\.ts$/, '.js'))
      .flatMap(file => [file, `${file}.map`]),
  );
}

/** @param {string} node */
async function compile(node) {
  const args = [
    toolPath('typescript', 'tsc'),
    '-p',
    'tsconfig.json',
    '--pretty',
    String(Boolean(process.stderr.isTTY)),
  ];
  return (await runChild(node, args, { stdio: ['ignore', 2, 2] })) === 0;
}

/** The Functions host loads whatever matches its glob: a function that was deleted must not live on in dist. */
function removeStaleOutput() {
  const expected = expectedOutput();
  for (const file of filesBelow(dist, dist)) {
    if (!expected.has(file)) rmSync(join(dist, file));
  }
  removeEmptyFolders(dist);
}

/**
 * @param {string} folder
 * @param {string} base
 * @returns {string[]} paths relative to `base`, with forward slashes
 */
function filesBelow(folder, base) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (notOurs.includes(path)) return [];
    return entry.isDirectory() ? filesBelow(path, base) : [relative(base, path).replaceAll('\\', '/')];
  });
}

/** @param {string} folder */
function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (folder !== dist && readdirSync(folder).length === 0) rmdirSync(folder);
}
