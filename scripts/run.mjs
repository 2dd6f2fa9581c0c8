// The one door to every task: `node scripts/run.mjs <task> [args...]`, used by all npm scripts.
// Plain JavaScript without dependencies that runs on Node 18 and newer, because on a fresh clone it is what installs
// the rest. It brings the checkout up to date (dependencies, Node 24, dist), then hands over to the task itself.
import { resolve } from 'node:path';
import { build } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { pickNode } from './pick-node.mjs';
import { root, toolPath } from './root.mjs';
import { runNode } from './run-child.mjs';

/**
 * What each task runs on Node 24, after the installation. `dist: true` builds first and refuses to go on with type
 * errors; the tests build for themselves (test/harness/global-setup.ts), so that plain `npx vitest` works as well.
 * @type {Record<string, { dist?: boolean, command?: (args: string[]) => string[] }>}
 */
const tasks = {
  start: { dist: true, command: args => [resolve('dist/src/local/start.js'), ...args] },
  test: {
    command: args => [toolPath('vitest'), 'run', '--project', 'alone', '--project', 'together', ...args],
  },
  'test:all': {
    command: args => [
      toolPath('vitest'),
      'run',
      ...['alone', 'together', 'thorough'].flatMap(project => ['--project', project]),
      ...args,
    ],
  },
  'test:long': { command: args => [toolPath('vitest'), 'run', '--project', 'long', ...args] },
  'test:chaos': { dist: true, command: args => [resolve('test/chaos/run.ts'), ...args] },
  'test:mutation': { command: args => [resolve('test/mutation/run.ts'), ...args] },
  check: { command: args => [resolve('scripts/check.mjs'), ...args] },
  build: { dist: true },
  // Types are checked first: what is deployed has none left to check.
  bundle: { dist: true, command: args => [resolve('scripts/bundle.mjs'), ...args] },
  sbom: { command: args => [resolve('scripts/sbom.mjs'), ...args] },
  licences: { command: args => [resolve('scripts/licences.mjs'), ...args] },
  format: {
    command: args => [
      toolPath('@biomejs/biome', 'biome'),
      'check',
      '--write',
      '--linter-enabled=false',
      ...args,
    ],
  },
  ops: { command: args => [resolve('src/cli/main.ts'), ...args] },
  'local:databricks': { command: args => [resolve('src/local/databricks/program.ts'), ...args] },
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (!task) {
    throw new Error(`Unknown task "${name}". Tasks: ${Object.keys(tasks).join(', ')}.`);
  }
  process.chdir(root);
  await ensureInstalled();
  const node = pickNode();
  if (task.dist && !(await build({ node }))) return 1;
  return task.command ? runNode(node, task.command(args)) : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
