import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root, runScript, temporaryFolder } from './scripts.ts';

/** The licence check over our lockfile with these packages besides. */
async function check(planted: Record<string, object> = {}): Promise<{ code: number; output: string }> {
  await using folder = await temporaryFolder();
  const lockfile = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  for (const [name, entry] of Object.entries(planted))
    lockfile.packages[`node_modules/${name}`] = { version: '1.0.0', ...entry };
  const file = join(folder.path, 'package-lock.json');
  await writeFile(file, JSON.stringify(lockfile));
  return await runScript('licences', file);
}

test('every package of the lockfile is under a licence that is allowed', async () => {
  const { code, output } = await check();
  expect(output).toMatch(/^ +\d+ +\d+ {2}MIT$/m);
  expect(code, output).toBe(0);
});

describe('the licence check fails', () => {
  test.each<[string, object, string]>([
    [
      'of a copyleft licence',
      { license: 'GPL-3.0-only' },
      'planted@1.0.0 (production) is under GPL-3.0-only',
    ],
    ['of one that is for tools alone', { license: 'MPL-2.0' }, 'planted@1.0.0 (production) is under MPL-2.0'],
    [
      'of one that no tool may have',
      { license: 'AGPL-3.0', dev: true },
      'planted@1.0.0 (development) is under AGPL-3.0',
    ],
    ['of two that both bind', { license: 'MIT AND GPL-2.0' }, 'is under MIT AND GPL-2.0'],
    ['of a choice of which neither is allowed', { license: '(SSPL-1.0 OR GPL-2.0)' }, 'SSPL-1.0 OR GPL-2.0'],
    ['where there is none', {}, 'planted@1.0.0 (production) names no licence'],
    ['where a text is to be read first', { license: 'SEE LICENSE IN terms.txt' }, 'SEE LICENSE IN terms.txt'],
  ])('because %s', async (_, entry, message) => {
    const { code, output } = await check({ planted: entry });
    expect(code).toBe(1);
    expect(output).toContain(message);
  });

  test('not of a choice of which one is allowed, nor of a tool under a licence for tools', async () => {
    const { code, output } = await check({
      choice: { license: '(MIT OR GPL-3.0-or-later)' },
      tool: { license: 'MPL-2.0', dev: true },
    });
    expect(code, output).toBe(0);
  });

  test('of the next version of a package whose licence was read by hand', async () => {
    const { code, output } = await check({
      'uri-templates': { version: '9.0.0', license: 'http://example.com/LICENSE', dev: true },
    });
    expect(code).toBe(1);
    expect(output).toContain('uri-templates@9.0.0');
  });
});
