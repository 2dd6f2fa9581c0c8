import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './scripts.ts';

const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8');

test('every package that is pinned to one version is left out of the updates, or said to come alone', async () => {
  const { dependencies, devDependencies } = JSON.parse(await read('package.json'));
  const pinned = Object.entries<string>({ ...dependencies, ...devDependencies })
    .filter(([, version]) => /^\d/.test(version))
    .map(([name]) => name);
  const updates = await read('.github/dependabot.yml');
  const ignored = [...updates.matchAll(/dependency-name: '?([^'\n]+)'?\n(?! +update-types)/g)].map(
    ([, name]) => name,
  );
  const alone = [...updates.matchAll(/# (\S+) is pinned as well, and not ignored/g)].map(([, name]) => name);
  expect(pinned.toSorted()).toEqual([...ignored, ...alone].toSorted());
  expect(alone.every(name => updates.includes(`exclude-patterns: ['${name}'`))).toBe(true);
});

test('the pinned packages are those of which the README says why', async () => {
  const [, section = ''] =
    /Four of the tools are pinned to\n?([\s\S]*?)newest ones/.exec(await read('README.md')) ?? [];
  const explained = [...section.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  const updates = await read('.github/dependabot.yml');
  for (const name of explained) expect(updates).toMatch(new RegExp(`dependency-name: '?${name}'?$`, 'm'));
  expect(explained).toHaveLength(4);
});

test('no dependency runs a script when it is installed', async () => {
  const { allowScripts } = JSON.parse(await read('package.json'));
  expect(Object.values(allowScripts)).toEqual(Object.values(allowScripts).map(() => false));
  const { packages } = JSON.parse(await read('package-lock.json'));
  const withScripts = Object.entries<{ hasInstallScript?: boolean; optional?: boolean }>(packages)
    .filter(([, { hasInstallScript, optional }]) => hasInstallScript && !optional)
    .map(([folder]) => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(Object.keys(allowScripts)).toEqual(expect.arrayContaining(withScripts));
});
