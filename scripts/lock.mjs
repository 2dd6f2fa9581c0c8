import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './root.mjs';

// Outside node_modules and dist, which the work under the lock removes.
const home = join(root, '.local', 'locks');

/**
 * Runs `work` while no other process of this checkout runs work under the same name. The lock is a folder that names
 * its owner; it goes when the owner's process ends, and the lock of a process that was killed is taken over.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(name, work) {
  mkdirSync(home, { recursive: true });
  const folder = join(home, name);
  let announced = false;
  while (!tryTake(folder)) {
    const owner = ownerOf(folder);
    if (owner !== undefined && !isAlive(owner)) {
      breakLock(folder, owner);
      continue;
    }
    if (!announced && owner !== undefined) {
      console.error(
        `Waiting for process ${owner}, which does the same (${name}). If it is not, delete ${folder}.`,
      );
      announced = true;
    }
    await sleep(100);
  }
  const release = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

/**
 * A folder with the owner's number in it, made aside and renamed into place: there is no moment at which the lock
 * exists without its owner, and renaming onto a folder that has content fails.
 * @param {string} folder
 */
function tryTake(folder) {
  const draft = mkdtempSync(`${folder}.`);
  writeFileSync(join(draft, 'pid'), String(process.pid));
  try {
    renameSync(draft, folder);
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const code = /** @type {NodeJS.ErrnoException} */ (error).code ?? '';
    if (['EEXIST', 'ENOTEMPTY', 'EPERM', 'EACCES'].includes(code)) return false;
    throw error;
  }
}

/**
 * @param {string} folder
 * @returns {number | undefined} undefined when the lock has just been released
 */
function ownerOf(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Of several waiters that saw the same dead owner only one renames his lock away. Another, a moment later, may get
 * hold of the lock of whoever came next, and puts it back.
 * @param {string} folder
 * @param {number} deadOwner
 */
function breakLock(folder, deadOwner) {
  const grave = `${folder}.broken-by-${process.pid}`;
  try {
    renameSync(folder, grave);
  } catch {
    return;
  }
  if (ownerOf(grave) !== deadOwner) renameSync(grave, folder);
  else rmSync(grave, { recursive: true, force: true });
}
