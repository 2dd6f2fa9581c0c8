import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** One import, `from` to `to`, and the rule that must name it; without a rule it must be allowed. */
interface Case {
  rule?: string;
  from: string;
  to: string;
  statement?: (specifier: string) => string;
}

const typeImport = (specifier: string) => `import type { Thing } from '${specifier}';`;
const typeExport = (specifier: string) => `export type { Thing } from '${specifier}';`;
const inlineType = (specifier: string) => `import { type Thing } from '${specifier}';`;
const dynamicImport = (specifier: string) => `export const thing = () => import('${specifier}');`;
const withUsing = (specifier: string) =>
  `export async function f() { await using thing = await (await import('${specifier}')).open(); }`;

const forbidden: Case[] = [
  { rule: 'direction: identity', from: 'src/identity/a.ts', to: 'src/mapping/b.ts' },
  { rule: 'direction: mapping', from: 'src/mapping/a.ts', to: 'src/state/b.ts', statement: typeImport },
  { rule: 'direction: scope', from: 'src/scope/a.ts', to: 'src/config/b.ts', statement: typeExport },
  { rule: 'direction: planning', from: 'src/planning/a.ts', to: 'src/directory/b.ts', statement: inlineType },
  { rule: 'direction: config', from: 'src/config/a.ts', to: 'src/provisioning/b.ts' },
  { rule: 'direction: directory', from: 'src/directory/a.ts', to: 'src/state/b.ts' },
  { rule: 'direction: scim', from: 'src/scim/a.ts', to: 'src/databricks/b.ts' },
  { rule: 'direction: databricks', from: 'src/databricks/a.ts', to: 'src/messaging/b.ts' },
  { rule: 'direction: state', from: 'src/state/a.ts', to: 'src/scim/b.ts', statement: dynamicImport },
  { rule: 'direction: messaging', from: 'src/messaging/a.ts', to: 'src/state/b.ts', statement: withUsing },
  { rule: 'direction: provisioning', from: 'src/provisioning/a.ts', to: 'src/reconciliation/b.ts' },
  { rule: 'direction: reconciliation', from: 'src/reconciliation/a.ts', to: 'src/operations/b.ts' },
  { rule: 'direction: operations', from: 'src/operations/a.ts', to: 'src/app.ts' },
  { rule: 'direction: app.ts', from: 'src/app.ts', to: 'src/cli/b.ts' },
  { rule: 'direction: cli', from: 'src/cli/a.ts', to: 'functions/b.ts' },
  { rule: 'direction: functions', from: 'functions/a.ts', to: 'functions/b.ts' },
  { rule: 'direction: functions', from: 'functions/c.ts', to: 'src/cli/b.ts' },
  { rule: 'layout', from: 'src/operations/a.ts', to: 'src/helpers/b.ts' },
  { rule: 'pure', from: 'src/mapping/a.ts', to: '@azure/data-tables' },
  { rule: 'pure', from: 'src/scope/a.ts', to: '@azure/data-tables', statement: typeImport },
  { rule: 'pure', from: 'src/identity/a.ts', to: 'node:fs/promises' },
  { rule: 'local cloud stays local', from: 'functions/a.ts', to: 'src/local/b.ts' },
  { rule: 'local cloud stays local', from: 'src/app.ts', to: 'src/local/b.ts', statement: typeImport },
  { rule: 'local cloud is independent', from: 'src/local/directory/a.ts', to: 'src/directory/b.ts' },
  { rule: 'local cloud is independent', from: 'src/local/broker/start.ts', to: 'src/config/b.ts' },
  { rule: 'local start', from: 'src/local/start.ts', to: 'src/state/b.ts' },
  { rule: 'local start', from: 'src/local/tour/a.ts', to: 'src/provisioning/b.ts' },
  { rule: 'deployed dependencies', from: 'src/state/a.ts', to: 'rhea' },
  { rule: 'tests stay outside', from: 'src/state/a.ts', to: 'test/harness/b.ts' },
];

const allowed: Case[] = [
  { from: 'src/planning/a.ts', to: 'src/identity/b.ts' },
  { from: 'src/planning/a.ts', to: 'zod' },
  { from: 'src/planning/a.ts', to: 'node:crypto' },
  { from: 'src/scope/a.ts', to: 're2js' },
  { from: 'src/databricks/a.ts', to: 'src/scim/b.ts' },
  { from: 'src/state/a.ts', to: '@azure/data-tables' },
  { from: 'src/state/a.ts', to: 'node:timers/promises' },
  { from: 'src/state/a.ts', to: 'rhea', statement: typeImport },
  { from: 'src/provisioning/a.ts', to: 'src/config/b.ts' },
  { from: 'src/reconciliation/a.ts', to: 'src/provisioning/b.ts' },
  { from: 'src/operations/a.ts', to: 'src/reconciliation/b.ts' },
  { from: 'src/cli/a.ts', to: 'src/app.ts' },
  { from: 'functions/a.ts', to: 'src/app.ts' },
  { from: 'functions/graph/a.ts', to: 'functions/graph/b.ts' },
  { from: 'src/local/a.ts', to: 'src/identity/clock.ts' },
  { from: 'src/local/broker/a.ts', to: 'rhea' },
  { from: 'src/local/start/cloud.ts', to: 'src/operations/b.ts' },
  { from: 'src/local/tour/a.ts', to: 'src/app.ts' },
  { from: 'test/scenarios/a.ts', to: 'src/local/b.ts' },
];

describe('the import rules', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))));

  /** A tree of its own with these files, checked with the project's rules; the violations as `rule: from -> to`. */
  async function violations(files: Record<string, string>): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), 'import-rules-'));
    folders.push(folder);
    const manifest = {
      dependencies: { zod: '*', re2js: '*', '@azure/data-tables': '*' },
      devDependencies: { rhea: '*' },
    };
    const everything: Record<string, string> = {
      'package.json': JSON.stringify(manifest),
      'functions/index.ts': '',
      'src/index.ts': '',
      'test/index.ts': '',
      ...files,
    };
    for (const name of ['zod', 're2js', '@azure/data-tables', 'rhea']) {
      everything[`node_modules/${name}/package.json`] = JSON.stringify({ name, main: 'index.js' });
      everything[`node_modules/${name}/index.js`] = '';
    }
    for (const [file, text] of Object.entries(everything)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    const cruise = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
    const config = join(root, '.dependency-cruiser.mjs');
    const output = await new Promise<string>(resolve => {
      const args = [cruise, '--config', config, '--output-type', 'json', 'functions', 'src', 'test'];
      execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }, (_, stdout) => resolve(stdout));
    });
    const { summary } = JSON.parse(output) as {
      summary: { violations: { from: string; to: string; rule: { name: string } }[] };
    };
    return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`);
  }

  /** Every case has a place of its own (a number in the file names), so that one run judges them all. */
  function numbered(cases: Case[]): {
    files: Record<string, string>;
    edges: { rule?: string; edge: string }[];
  } {
    const files: Record<string, string> = {};
    const edges = cases.map(
      ({ rule, from, to, statement = specifier => `import '${specifier}';` }, index) => {
        const isFile = to.endsWith('.ts');
        const source = rename(from, index);
        const target = isFile ? rename(to, index) : to;
        const specifier = isFile ? relativeSpecifier(source, target) : to;
        files[source] = `${files[source] ?? ''}${statement(specifier)}\n`;
        if (isFile) files[target] ??= 'export interface Thing {}\n';
        return { rule, edge: `${source} -> ${isFile ? target : resolved(to)}` };
      },
    );
    return { files, edges };
  }

  describe('forbid', () => {
    const { files, edges } = numbered(forbidden);
    let found: string[];
    beforeAll(async () => {
      found = await violations(files);
    });
    it.each(edges)('$rule: $edge', ({ rule, edge }) => {
      expect(found.filter(text => text.endsWith(edge))).toContain(`${rule}: ${edge}`);
    });
  });

  describe('allow', () => {
    const { files, edges } = numbered(allowed);
    let found: string[];
    beforeAll(async () => {
      found = await violations(files);
    });
    it.each(edges)('$edge', ({ edge }) => {
      expect(found.filter(text => text.endsWith(edge))).toEqual([]);
    });
  });

  it('forbid cycles, also of types alone', async () => {
    const found = await violations({
      'src/scope/a.ts': `import type { B } from './b.ts';\nexport type A = B;`,
      'src/scope/b.ts': `import type { A } from './a.ts';\nexport type B = A;`,
    });
    expect(found).toContain('no cycles: src/scope/a.ts -> src/scope/b.ts');
  });

  it('forbid files that nothing is connected with, but for the entry', async () => {
    const found = await violations({
      'src/scope/lonely.ts': 'export {};',
      'src/local/start.ts': 'export {};',
    });
    expect(found.filter(text => text.startsWith('no orphans'))).toEqual([
      'no orphans: src/index.ts -> src/index.ts',
      'no orphans: src/scope/lonely.ts -> src/scope/lonely.ts',
    ]);
  });
});

/** Numbers the file where its name means nothing, so that no two cases share an edge. */
function rename(file: string, index: number): string {
  return file.replace(/(^|[/])([a-c])[.]ts$/, `$1$2${index}.ts`);
}

function relativeSpecifier(from: string, to: string): string {
  return `${'../'.repeat(from.split('/').length - 1) || './'}${to}`;
}

/** As dependency-cruiser writes a package or a module of Node. */
function resolved(specifier: string): string {
  return specifier.startsWith('node:')
    ? specifier.slice('node:'.length)
    : `node_modules/${specifier}/index.js`;
}
