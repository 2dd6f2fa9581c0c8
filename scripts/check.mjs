// `npm run check`: every static check, all of them even when one fails, and one line for each at the end.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root, toolPath } from './root.mjs';

/** @type {{ name: string, tool: string, args: string[] }[]} */
const checks = [
  { name: 'types', tool: toolPath('typescript', 'tsc'), args: ['-p', 'tsconfig.test.json', '--noEmit'] },
  {
    name: 'lint and format',
    tool: toolPath('@biomejs/biome', 'biome'),
    args: ['ci', '--error-on-warnings', '--colors=off'],
  },
  {
    name: 'import rules',
    tool: toolPath('dependency-cruiser', 'depcruise'),
    args: ['--config', '.dependency-cruiser.mjs', 'functions', 'src', 'test'],
  },
  {
    name: 'infrastructure',
    tool: toolPath('vitest'),
    args: ['run', '--config', 'test/infra/vitest.config.ts', '--reporter=dot'],
  },
  { name: 'licences', tool: join(root, 'scripts', 'licences.mjs'), args: [] },
  { name: 'unused code and dependencies', tool: toolPath('knip'), args: ['--no-progress'] },
];

/**
 * @param {{ name: string, tool: string, args: string[] }} check
 * @returns {Promise<{ name: string, isPassed: boolean, seconds: string, output: string }>}
 */
async function run({ name, tool, args }) {
  const started = performance.now();
  const child = spawn(process.execPath, [tool, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text;
    });
  }
  const isPassed = await new Promise(resolve => {
    child.on('error', error => {
      output += error.message;
      resolve(false);
    });
    child.on('close', code => resolve(code === 0));
  });
  return {
    name,
    isPassed,
    seconds: ((performance.now() - started) / 1000).toFixed(1),
    output: output.trim(),
  };
}

const results = await Promise.all(checks.map(run));
for (const { name, isPassed, output } of results) {
  if (!isPassed) console.log(`--- ${name}\n${output}\n`);
}
for (const { name, isPassed, seconds } of results) {
  console.log(`${isPassed ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`);
}
process.exitCode = results.every(({ isPassed }) => isPassed) ? 0 : 1;
