import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './root.mjs';

/**
 * What is not bundled although it is imported: the module that only the Functions worker has, and two that libraries do
 * without where they are not installed: colours of a terminal, and proxies with Negotiate authentication.
 */
const external = ['@azure/functions-core', 'kerberos', 'supports-color'];

/**
 * Bundles the functions of a folder, one in each file, into `out`: one file for each function, and chunks that they
 * share, so that the composition root exists once. What is imported when it is needed, such as gRPC, stays in chunks of
 * its own.
 *
 * The same sources give the same bytes wherever the checkout and `out` lie.
 *
 * @param {string} functions below the top folder
 * @param {string} out
 * @returns {Promise<Record<string, number>>} bytes of code by folder of the package, such as `node_modules/zod`; our own
 * under the empty name
 * @throws {Error} when something that is imported is not found
 */
export async function bundleFunctions(functions, out) {
  const names = readdirSync(join(root, functions))
    .filter(file => file.endsWith('.ts'))
    .map(file => file.slice(0, -'.ts'.length));
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map(name => [name, `./${functions}/${name}.ts`])),
    platform: 'node',
    tsconfig: 'tsconfig.json',
    external,
    // Where a package has both forms: of modules, what nobody uses can be left out.
    resolve: { mainFields: ['module', 'main'] },
    onLog(level, log, print) {
      if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
      // How libraries are written is theirs to mend.
      if (!log.id?.includes('node_modules')) print(level, log);
    },
  });
  try {
    const { output } = await bundle.generate({
      dir: out,
      format: 'esm',
      entryFileNames: 'chunks/[name]-[hash].js',
      chunkFileNames: 'chunks/[name]-[hash].js',
      // Licence texts are in a file of their own, and the rest is in the sources.
      comments: false,
      sourcemap: true,
      // Names from the top of the checkout, wherever that and `out` are.
      sourcemapPathTransform: (source, map) =>
        relative(root, join(dirname(map), source)).replaceAll('\\', '/'),
    });
    for (const file of output) {
      const path = join(out, file.fileName);
      mkdirSync(dirname(path), { recursive: true });
      if (file.type === 'chunk') writeFileSync(path, file.code);
      else
        writeFileSync(
          path,
          file.fileName.endsWith('.map') ? withoutForeignSources(String(file.source)) : file.source,
        );
    }
    const entries = output.filter(file => file.type === 'chunk' && file.isEntry);
    mkdirSync(join(out, 'functions'), { recursive: true });
    for (const { name, fileName } of entries)
      writeFileSync(join(out, 'functions', `${name}.js`), entryOf(fileName));
    return bytesByPackage(output.filter(file => file.type === 'chunk'));
  } finally {
    await bundle.close();
  }
}

/**
 * The file of a function, which switches source maps on and loads the function after that: Node reads the maps of those
 * files alone that are loaded from then on (Node.js, "process.setSourceMapsEnabled"), and what a file imports is loaded
 * before it runs.
 *
 * Not by the setting `languageWorkers__node__arguments`: a host that is given one throws away the worker that it keeps
 * warm and starts another (azure-functions-host, WebHostRpcWorkerChannelManager), and every cold start would pay for it.
 * @param {string} chunk
 */
function entryOf(chunk) {
  return `process.setSourceMapsEnabled(true);\nawait import("../${chunk}");\n`;
}

/**
 * A stack trace needs file, line and name; the sources of libraries, twice the size of everything else, can be had
 * from the registry.
 * @param {string} text
 */
function withoutForeignSources(text) {
  const map = JSON.parse(text);
  /** @type {string[]} */
  const sources = map.sources;
  map.sourcesContent = sources.map((source, i) =>
    source.includes('node_modules/') ? null : map.sourcesContent[i],
  );
  return JSON.stringify(map);
}

/** @param {import('rolldown').OutputChunk[]} chunks */
function bytesByPackage(chunks) {
  /** @type {Record<string, number>} */
  const bytes = {};
  for (const { modules } of chunks) {
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      if (renderedLength === 0) continue;
      const folder = packageFolder(relative(root, id).replaceAll('\\', '/'));
      bytes[folder] = (bytes[folder] ?? 0) + renderedLength;
    }
  }
  return Object.fromEntries(Object.entries(bytes).sort(([, a], [, b]) => b - a));
}

/**
 * `node_modules/a/node_modules/@scope/b` for a file in it, and nothing for our own files.
 * @param {string} file
 */
function packageFolder(file) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? '';
}
