import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The app could not be loaded: in the cloud it would have no functions. */
export class EntryPointError extends Error {
  override readonly name = 'EntryPointError';
}

/** Apps imported by this process so far: a later host must evaluate the entry files again to have them register. */
let imports = 0;

/**
 * Imports the entry files of an app, in the order of their names.
 *
 * @param entry glob relative to `appRoot`; default: `main` of its package.json.
 * @returns the glob.
 * @throws EntryPointError with the cause, when there is no file or one of them throws.
 */
export async function importEntryPoints(appRoot: string, entry?: string): Promise<string> {
  const pattern = entry ?? (await mainOf(appRoot));
  try {
    const files: string[] = [];
    for await (const file of glob(pattern, { cwd: appRoot })) files.push(file);
    if (files.length === 0) throw new Error('Found zero files matching the supplied pattern');
    // By code unit: the same on every machine.
    files.sort((a, b) => (a < b ? -1 : 1));
    const version = imports > 0 ? `?start=${imports}` : '';
    imports += 1;
    for (const file of files) await import(`${pathToFileURL(join(appRoot, file)).href}${version}`);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EntryPointError(`Worker was unable to load entry point "${pattern}": ${reason}`, { cause });
  }
  return pattern;
}

async function mainOf(appRoot: string): Promise<string> {
  const file = join(appRoot, 'package.json');
  const { main } = JSON.parse(await readFile(file, 'utf8')) as { main?: string };
  if (main === undefined) throw new EntryPointError(`${file} has no "main"`);
  return main;
}
