import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { GRAPH_PERMISSIONS, HIDDEN_MEMBERSHIP } from '../../src/directory/graph-permissions.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPTS = `${ROOT}infra/scripts/`;
const scripts = readdirSync(SCRIPTS);
const BUNDLE = 'dist/package';

test.for(scripts)('%s can be started, and is a script', name => {
  expect(statSync(SCRIPTS + name).mode & 0o111).not.toBe(0);
  const text = readFileSync(SCRIPTS + name, 'utf8');
  const shell = /^#!\/usr\/bin\/env (sh|bash)\n/.exec(text)?.[1] ?? '';
  expect(() => execFileSync(shell, ['-n', SCRIPTS + name])).not.toThrow();
  expect(text).toMatch(/^set -e/m);
  // A secret as an argument could be read by everybody on the machine.
  expect(text).not.toContain('--value');
});

test('the script grants the permissions that the code looks for, and no others', () => {
  const text = readFileSync(`${SCRIPTS}grant-graph-permissions.sh`, 'utf8');
  const granted = /^permissions=\((.*)\)$/m.exec(text)?.[1]?.split(' ') ?? [];
  expect(granted.toSorted()).toEqual(Object.keys(GRAPH_PERMISSIONS).toSorted());
  const more = [...text.matchAll(/permissions\+=\((.*)\)/g)].map(([, one]) => one);
  expect(more).toEqual([HIDDEN_MEMBERSHIP]);
});

test('every script that azd runs is there', () => {
  const { hooks, services } = parse(readFileSync(`${ROOT}azure.yaml`, 'utf8')) as {
    hooks: Record<string, { run: string }>;
    services: Record<string, { hooks: Record<string, { shell: string; run: string }> }>;
  };
  const run = Object.values(hooks).map(hook => hook.run.replace('./infra/scripts/', ''));
  expect(run.filter(name => !scripts.includes(name))).toEqual([]);
  // Nothing is built in Azure: what was tested is what runs. A .funcignore that leaves out node_modules would have azd ask
  // for a build there, or refuse.
  expect(existsSync(`${ROOT}.funcignore`)).toBe(false);
  // The sources themselves would be deployed by anything else than the folder that `npm run bundle` has just made.
  expect(Object.values(services)).toMatchObject([{ project: '.', dist: BUNDLE, remoteBuild: false }]);
  for (const { hooks } of Object.values(services))
    expect(hooks).toEqual({ prepackage: { shell: 'sh', run: 'npm run bundle' } });
  expect(readFileSync(`${ROOT}scripts/bundle.mjs`, 'utf8')).toContain(`default: '${BUNDLE}'`);
});

test('scripts refuse what is not an id before they ask anybody', () => {
  for (const name of ['grant-graph-permissions.sh', 'make-account-admin.sh'])
    expect(() =>
      execFileSync('bash', [SCRIPTS + name, 'x; rm'], { env: { PATH: process.env.PATH }, stdio: 'pipe' }),
    ).toThrow(expect.objectContaining({ status: 2 }));
});
