// `npm run bundle`: dist/package holds what runs in Azure and nothing else: host.json, a package.json of its own, the
// functions with everything they import in a few files, their source maps, and the configuration file if there is one.
// `node scripts/bundle.mjs [--out <folder>] [--functions <folder>] [--json]`
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { contentsOf, printContents } from './bundle-contents.mjs';
import { bundleFunctions } from './bundle-functions.mjs';
import { thirdPartyNotices } from './bundle-notices.mjs';
import { productionPackages, readLockfile } from './lockfile.mjs';
import { root } from './root.mjs';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'dist/package' },
    functions: { type: 'string', default: 'functions' },
    json: { type: 'boolean', default: false },
  },
});
const out = resolve(root, values.out);

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const bytesByPackage = await bundleFunctions(values.functions, out);
refuseDevelopment(Object.keys(bytesByPackage));
copyFileSync(join(root, 'host.json'), join(out, 'host.json'));
// The deployed app reads it from its own folder.
const config = join(root, 'provisioning.config.json');
if (existsSync(config)) copyFileSync(config, join(out, 'provisioning.config.json'));
writeFileSync(join(out, 'package.json'), manifest());
writeFileSync(join(out, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(Object.keys(bytesByPackage)));

const contents = contentsOf(out);
if (values.json) process.stdout.write(`${JSON.stringify({ ...contents, bytesByPackage })}\n`);
else printContents(values.out, contents, bytesByPackage);

/**
 * The bill of materials and the licence check go by what is no development dependency.
 * @param {string[]} folders
 */
function refuseDevelopment(folders) {
  const deployed = productionPackages(readLockfile());
  const refused = folders.filter(folder => folder !== '' && !(folder in deployed));
  if (refused.length > 0)
    throw new Error(`Development dependencies must not be deployed: ${refused.join(', ')}.`);
}

/** Without scripts and dependencies: there is nothing left to install or to build, so that no server tries to. */
function manifest() {
  const { name, version, description, license, engines } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const own = {
    name,
    version,
    private: true,
    description,
    license,
    type: 'module',
    main: 'functions/*.js',
    engines,
  };
  return `${JSON.stringify(own, undefined, 2)}\n`;
}
