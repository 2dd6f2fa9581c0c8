import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, root, runScript, type TemporaryFolder, temporaryFolder } from './scripts.ts';

const MB = 1024 * 1024;
let folder: TemporaryFolder;
/** Built twice, at different depths. */
let built: [string, string];
let files: string[];
let code: ReadonlyMap<string, string>;
let functions: string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  built = [join(folder.path, 'one'), join(folder.path, 'some', 'where', 'else')];
  await mkdir(join(folder.path, 'some', 'where'), { recursive: true });
  const runs = await Promise.all(built.map(out => runScript('bundle', '--out', out)));
  for (const { code: exitCode, output } of runs) expect(exitCode, output).toBe(0);
  files = await filesBelow(built[0]);
  const scripts = files.filter(file => file.endsWith('.js'));
  code = new Map(await Promise.all(scripts.map(async file => [file, await text(file)] as const)));
  functions = (await readdir(join(root, 'functions'))).map(file => `functions/${file.replace(/ts$/, 'js')}`);
});
afterAll(() => folder[Symbol.asyncDispose]());

const text = (file: string): Promise<string> => readFile(join(built[0], file), 'utf8');
const json = async (file: string): Promise<Record<string, unknown>> => JSON.parse(await text(file));

/** What a file needs when it is loaded, and what it imports or requires when it is run. */
function importsOf(file: string): { atOnce: string[]; later: string[] } {
  const source = code.get(file) ?? '';
  const all = (pattern: RegExp): string[] => [...source.matchAll(pattern)].map(([, name = '']) => name);
  return {
    atOnce: all(/^(?:import|export) (?:[^"]* from )?"([^"]+)";?$/gm),
    later: [...all(/\bimport\("([^"]+)"\)/g), ...all(/\b__require\("([^"]+)"\)/g)],
  };
}

/** What a start loads: a function's file, the chunk that it loads, and what that imports. */
function loadedAtStart(file: string): Set<string> {
  const [chunk = ''] = importsOf(file).later;
  return loadedWith(join(file, '..', chunk), new Set([file]));
}

function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const name of importsOf(file).atOnce)
    if (name.startsWith('.')) loadedWith(join(file, '..', name), found);
  return found;
}

async function sourcesOf(scripts: Iterable<string>): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  for (const script of scripts) {
    if (!files.includes(`${script}.map`)) continue;
    const { sources, sourcesContent } = (await json(`${script}.map`)) as {
      sources: string[];
      sourcesContent: (string | null)[];
    };
    for (const [i, source] of sources.entries()) found.set(source, sourcesContent[i] ?? null);
  }
  return found;
}

describe('the package', () => {
  test('holds the functions, what they import, their source maps, and nothing else', () => {
    const rest = files.filter(file => !/^chunks\/[\w.-]+\.js(\.map)?$/.test(file));
    const expected = [...functions, 'THIRD-PARTY-NOTICES.txt'];
    const config = files.includes('provisioning.config.json') ? ['provisioning.config.json'] : [];
    expect(rest).toEqual([...expected, ...config, 'host.json', 'package.json'].toSorted());
    expect(functions.length).toBeGreaterThanOrEqual(5);
  });

  test('is the same, byte for byte, wherever and how often it is built', async () => {
    const hashes = built.map(async out =>
      Promise.all(
        files.map(async file => {
          const content = await readFile(join(out, file));
          return `${file} ${createHash('sha256').update(content).digest('hex')}`;
        }),
      ),
    );
    const [first, second] = await Promise.all(hashes);
    expect(await filesBelow(built[1])).toEqual(files);
    expect(second).toEqual(first);
  });

  test('stays small: a start reads all of it', async () => {
    const { code: exitCode, output } = await runScript('bundle', '--out', built[1], '--json');
    expect(exitCode, output).toBe(0);
    const { bytes, compressedBytes } = JSON.parse(output) as { bytes: number; compressedBytes: number };
    expect(bytes).toBeLessThan(10 * MB);
    expect(compressedBytes).toBeLessThan(2 * MB);
    const loaded = [...new Set(functions.flatMap(file => [...loadedAtStart(file)]))];
    const atStart = loaded.reduce((sum, file) => sum + (code.get(file)?.length ?? 0), 0);
    expect(atStart).toBeGreaterThan(1 * MB);
    expect(atStart).toBeLessThan(4 * MB);
  });

  test('has a manifest with nothing to install and nothing to build', async () => {
    const { name, version, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const manifest = await json('package.json');
    expect(manifest).toMatchObject({ name, version, engines, type: 'module', main: 'functions/*.js' });
    for (const key of ['dependencies', 'devDependencies', 'optionalDependencies', 'scripts'])
      expect(manifest).not.toHaveProperty(key);
    expect(await text('host.json')).toBe(await readFile(join(root, 'host.json'), 'utf8'));
  });

  test('holds nothing of the local cloud, and packages only that are no development dependencies', async () => {
    const sources = [...(await sourcesOf(code.keys())).keys()];
    const foreign = sources.filter(source => source.startsWith('node_modules/'));
    const own = sources.filter(source => !source.startsWith('node_modules/'));
    expect(own).toContain('src/app.ts');
    expect(own.filter(source => !/^(functions|src)\//.test(source))).toEqual([]);
    expect(own.filter(source => source.startsWith('src/local/'))).toEqual([]);
    const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
    const folders = new Set(
      foreign.map(file => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? ''),
    );
    expect(folders.size).toBeGreaterThan(20);
    expect([...folders].filter(name => packages[name] === undefined || packages[name].dev)).toEqual([]);
  });

  test('needs nothing but Node and the Functions worker', () => {
    const names = [...code.keys()].flatMap(file => Object.values(importsOf(file)).flat());
    const bare = new Set(names.filter(name => !name.startsWith('.') && !isBuiltin(name)));
    // The last two are asked for, and done without, by libraries that have a use for them.
    expect([...bare].toSorted()).toEqual(['@azure/functions-core', 'kerberos', 'supports-color']);
  });

  test('loads gRPC with the first message that is dead-lettered, and not before', async () => {
    const holdsGrpc = async (scripts: Iterable<string>): Promise<boolean> =>
      [...(await sourcesOf(scripts)).keys()].some(source => source.includes('node_modules/@grpc/'));
    for (const file of functions) expect(await holdsGrpc(loadedAtStart(file)), file).toBe(false);
    const [chunk = ''] = importsOf('functions/apply-change.js').later;
    const later = importsOf(join('functions', chunk)).later.map(name => join('chunks', name));
    expect(await holdsGrpc(later)).toBe(true);
  });

  test('has source maps that hold our own sources, and the names alone of the libraries', async () => {
    const sources = await sourcesOf(code.keys());
    for (const [source, content] of sources) {
      if (source.startsWith('node_modules/')) expect(content, source).toBeNull();
      else expect(content, source).toBe(await readFile(join(root, source), 'utf8'));
    }
  });

  test('has stack traces that name our own files: source maps are on before any of it is loaded', async () => {
    await using app = await temporaryFolder();
    await cp(built[0], app.path, { recursive: true });
    // In place of the module that the Functions worker brings along.
    const core = join(app.path, 'node_modules', '@azure', 'functions-core');
    await mkdir(core, { recursive: true });
    const worker = 'hostVersion: "4", setProgrammingModel() {}, registerHook() {}, registerFunction() {}';
    await writeFile(join(core, 'index.js'), `module.exports = { ${worker} };\n`);
    const script = `await import(process.argv[1]).catch(error => console.log(error.stack))`;
    for (const file of functions) {
      const args = ['--input-type=module', '--eval', script, join(app.path, file)];
      const stack = execFileSync(process.execPath, args, { env: {}, encoding: 'utf8' });
      expect(stack).toMatch(/ENTRA_TENANT_ID is missing[\s\S]*src\/config\/refused-setting\.ts:\d+:\d+/);
    }
  });

  test('names every package whose code it holds, with the text of its licence', async () => {
    const sources = [...(await sourcesOf(code.keys())).keys()];
    const notices = await text('THIRD-PARTY-NOTICES.txt');
    const names = sources.flatMap(source => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    for (const name of new Set(names)) expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
    expect(notices).toContain('Apache License');
  });
});

describe('a package is refused', () => {
  async function bundled(source: string): Promise<{ code: number; output: string }> {
    const parent = join(root, '.local');
    await mkdir(parent, { recursive: true });
    await using planted = await temporaryFolder(parent);
    await writeFile(join(planted.path, 'planted.ts'), source);
    const functions = join('.local', planted.path.slice(parent.length + 1));
    return await runScript('bundle', '--functions', functions, '--out', join(folder.path, 'refused'));
  }

  test('that holds a development dependency', async () => {
    const { code: exitCode, output } = await bundled(
      `import { gen } from 'fast-check';\nconsole.log(gen());\n`,
    );
    expect(exitCode).not.toBe(0);
    expect(output).toContain('Development dependencies must not be deployed: node_modules/fast-check');
  });

  test('that imports what is not there', async () => {
    const { code: exitCode, output } = await bundled(`import 'not-installed-at-all';\n`);
    expect(exitCode).not.toBe(0);
    expect(output).toContain('not-installed-at-all');
  });
});
