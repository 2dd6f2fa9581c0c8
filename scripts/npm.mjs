import { runChild } from './run-child.mjs';

/**
 * Runs npm: the one that runs this script, if one does.
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>} its exit code
 */
export function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  const isNpm = cli?.endsWith('npm-cli.js');
  const [file, fileArgs] = cli && isNpm ? [process.execPath, [cli, ...args]] : ['npm', args];
  return runChild(file, fileArgs, { ...options, shell: !isNpm && process.platform === 'win32' });
}
