// `npm run licences`: every package of the lockfile is under a licence that is named here. Code of production packages
// is part of what we deploy; development packages are tools, of which no part goes anywhere.
// `node scripts/licences.mjs [<lockfile>]`
import { packageName, productionPackages, readLockfile } from './lockfile.mjs';

/** They ask for their text to be kept with the code, which the bundle's THIRD-PARTY-NOTICES.txt does, and for no more. */
const production = ['MIT', 'ISC', '0BSD', 'BSD-3-Clause', 'Apache-2.0'];

/** Besides, for tools: permissive, or (MPL) with duties for those who pass the changed tool on, which nobody does. */
const development = [...production, 'BSD-2-Clause', 'BlueOak-1.0.0', 'Unlicense', 'CC-BY-4.0', 'MPL-2.0'];

/**
 * Packages whose `license` is no SPDX expression, and what it means. By version: the next one may say something else.
 * @type {Record<string, string>}
 */
const readByHand = {
  // "Released as public-domain. Anybody can modify or re-license it for any purpose, without restriction."
  'uri-templates@0.2.0': 'Unlicense',
};

/**
 * `A OR B` leaves the choice, `A AND B` does not. Parentheses and exceptions (`WITH`) are for a person to read.
 * @param {string} expression
 * @param {readonly string[]} allowed
 */
function isAllowed(expression, allowed) {
  return expression
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some(choice => choice.split(' AND ').every(licence => allowed.includes(licence)));
}

const lockfile = readLockfile(process.argv[2]);
const deployed = productionPackages(lockfile);
/** @type {Map<string, { production: number, development: number }>} */
const counted = new Map();
/** @type {string[]} */
const problems = [];
for (const [folder, { version, license }] of Object.entries(lockfile.packages)) {
  if (folder === '') continue;
  const use = folder in deployed ? 'production' : 'development';
  const name = `${packageName(folder)}@${version}`;
  const licence = readByHand[name] ?? license;
  if (licence === undefined) problems.push(`${name} (${use}) names no licence`);
  else if (!isAllowed(licence, use === 'production' ? production : development))
    problems.push(
      `${name} (${use}) is under ${licence}, which scripts/licences.mjs does not allow for ${use}`,
    );
  const count = counted.get(licence ?? 'none') ?? { production: 0, development: 0 };
  count[use] += 1;
  counted.set(licence ?? 'none', count);
}

console.log('packages of the lockfile, deployed and in all, by licence');
for (const [licence, count] of [...counted].sort(([a], [b]) => (a < b ? -1 : 1))) {
  console.log(
    `${String(count.production).padStart(5)} ${String(count.production + count.development).padStart(5)}  ${licence}`,
  );
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
