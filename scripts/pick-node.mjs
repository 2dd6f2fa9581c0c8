import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** The newest major version that Azure Functions runs on every plan; the deployed app uses the same. */
const wantedMajor = 24;

/**
 * The Node to run the project on: the binary that npm installed for this platform, pinned by the lockfile; where npm
 * carries none, the Node that runs this script, if it is new enough.
 * @returns {string} an absolute path
 * @throws {Error} saying what to install, when there is neither
 */
export function pickNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const packaged = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', file);
  if (existsSync(packaged) && majorOf(packaged) >= wantedMajor) return packaged;
  if (Number.parseInt(process.versions.node, 10) >= wantedMajor) return process.execPath;
  throw new Error(
    `This project runs on Node ${wantedMajor}; this is Node ${process.versions.node}, and there is no packaged Node that runs on ` +
      `${process.platform}-${process.arch}.\nInstall Node ${wantedMajor} (for example "nvm install ${wantedMajor}", "brew install node@${wantedMajor}", or from ` +
      'https://nodejs.org/en/download), make it the first "node" on your PATH, and run the command again.',
  );
}

/**
 * 0 when the binary does not run here, as a glibc build on a musl system.
 * @param {string} node
 */
function majorOf(node) {
  try {
    return Number.parseInt(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10);
  } catch {
    return 0;
  }
}
