import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * @typedef {{ version: string, license?: string, dev?: boolean, optional?: boolean, devOptional?: boolean, integrity?: string }} Locked
 * @typedef {{ packages: Record<string, Locked> }} Lockfile
 */

/**
 * @param {string} [file]
 * @returns {Lockfile}
 */
export function readLockfile(file = join(root, 'package-lock.json')) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * What an installation without development and optional packages holds, by folder. That is all that a bundle may be
 * made of: the optional ones are the Node of the developers' own machines.
 * @param {Lockfile} lockfile
 * @returns {Record<string, Locked>}
 */
export function productionPackages({ packages }) {
  return Object.fromEntries(
    Object.entries(packages).filter(
      ([folder, { dev, optional, devOptional }]) => folder !== '' && !dev && !optional && !devOptional,
    ),
  );
}

/**
 * `@scope/b` for `node_modules/a/node_modules/@scope/b`.
 * @param {string} folder
 */
export function packageName(folder) {
  return folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
