// `npm run sbom`: dist/sbom.cdx.json, the software bill of materials (CycloneDX) of what is deployed, by npm itself.
// `node scripts/sbom.mjs [--out <file>]`, or `--check <file>` to compare one that exists with the lockfile.
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packageName, productionPackages, readLockfile } from './lockfile.mjs';
import { runNpm } from './npm.mjs';
import { root } from './root.mjs';

/** @typedef {{ name: string, version: string, hashes?: { alg: string, content: string }[], licenses?: unknown[] }} Component */

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist/sbom.cdx.json' }, check: { type: 'string' } },
});
const lockfile = readLockfile();
const deployed = productionPackages(lockfile);
const file = resolve(root, values.check ?? values.out);
if (values.check === undefined) await write(file);
const problems = problemsOf(JSON.parse(readFileSync(file, 'utf8')));
for (const problem of problems) console.error(problem);
if (problems.length === 0)
  console.log(`${values.check ?? values.out}: every package that is deployed, and no other`);
process.exitCode = problems.length === 0 ? 0 : 1;

/**
 * npm is given a project without development dependencies: with `--omit=dev` it leaves out what a development
 * dependency needs as well (npm 11.19.1), which is half of what is deployed.
 * @param {string} out
 */
async function write(out) {
  const { name, version, description, license, dependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const project = { name, version, description, license, dependencies };
  const folder = mkdtempSync(join(tmpdir(), 'sbom-'));
  try {
    writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
    const packages = { '': project, ...deployed };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...lockfile, packages }));
    mkdirSync(dirname(out), { recursive: true });
    const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
    const written = openSync(out, 'w');
    const code = await runNpm([...args, '--loglevel=error'], { cwd: folder, stdio: ['ignore', written, 2] });
    closeSync(written);
    if (code !== 0) throw new Error(`"npm sbom" failed (exit code ${code}); its messages are above.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // npm takes the name of the folder for that of the project.
  const bom = JSON.parse(readFileSync(out, 'utf8'));
  bom.metadata.component.name = name;
  writeFileSync(out, `${JSON.stringify(bom, undefined, 2)}\n`);
}

/** @param {{ components: Component[] }} bom */
function problemsOf({ components }) {
  const listed = new Map(components.map(component => [`${component.name}@${component.version}`, component]));
  const wanted = new Map(
    Object.entries(deployed).map(([folder, locked]) => [`${packageName(folder)}@${locked.version}`, locked]),
  );
  const missing = [...wanted].flatMap(([name, { integrity }]) => {
    const component = listed.get(name);
    if (component === undefined) return [`${name} is deployed, and not in the bill of materials`];
    if ((component.licenses ?? []).length === 0) return [`${name} has no licence in the bill of materials`];
    const hashes = (component.hashes ?? []).map(({ content }) =>
      Buffer.from(content, 'hex').toString('base64'),
    );
    if (hashes.some(hash => integrity === `sha512-${hash}`)) return [];
    return [`${name} has another hash in the bill of materials than in the lockfile`];
  });
  const foreign = [...listed.keys()].filter(name => !wanted.has(name));
  return [...missing, ...foreign.map(name => `${name} is in the bill of materials, and not deployed`)];
}
