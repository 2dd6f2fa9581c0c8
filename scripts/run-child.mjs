import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from './root.mjs';

/**
 * Runs a program as if it had been typed in this process's place, in the checkout's top folder: it gets the signals
 * that this process gets, and its exit code is returned (128 + number after a signal, as shells report it).
 * @param {string} file
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 * @throws {Error} when the program cannot be started
 */
export function runChild(file, args, options = {}) {
  const child = spawn(file, args, { cwd: root, stdio: 'inherit', ...options });

  // A terminal sends Ctrl-C to every process in the foreground, the child included: passing it on would make one
  // key press look like two, and a second one usually means "stop at once". Nothing else reaches the child by itself.
  /** @param {NodeJS.Signals} signal */
  const passOn = signal => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = process.platform === 'win32' ? ['SIGINT', 'SIGTERM'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, passOn);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/**
 * Runs `node ...args` in the foreground, with that node and the installed tools first on its PATH.
 * @param {string} node
 * @param {string[]} args
 */
export function runNode(node, args) {
  // On Windows the variable may be spelled "Path", and setting a second spelling would lose one of them.
  const key = Object.keys(process.env).find(name => name.toUpperCase() === 'PATH') ?? 'PATH';
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env[key]].filter(Boolean);
  return runChild(node, args, { env: { ...process.env, [key]: path.join(delimiter) } });
}
