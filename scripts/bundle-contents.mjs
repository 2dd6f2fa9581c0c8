import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @typedef {{ name: string, bytes: number }} Part */

/**
 * Every file of a package with its size, by name; and about what is uploaded, since a deployment is compressed.
 * @param {string} folder
 * @returns {{ files: Part[], bytes: number, compressedBytes: number }}
 */
export function contentsOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    // By code unit: the same on every machine.
    .sort((a, b) => (a < b ? -1 : 1))
    .map(name => ({ name, content: readFileSync(join(folder, name)) }));
  const sum = (/** @type {number[]} */ numbers) => numbers.reduce((total, number) => total + number, 0);
  return {
    files: files.map(({ name, content }) => ({ name, bytes: content.length })),
    bytes: sum(files.map(({ content }) => content.length)),
    compressedBytes: sum(files.map(({ content }) => gzipSync(content).length)),
  };
}

/**
 * @param {string} folder
 * @param {ReturnType<typeof contentsOf>} contents
 * @param {Record<string, number>} bytesByPackage
 */
export function printContents(folder, { files, bytes, compressedBytes }, bytesByPackage) {
  const line = (/** @type {string} */ name, /** @type {number} */ size) =>
    console.log(`${kilobytes(size)}  ${name}`);
  console.log(`${folder}\n`);
  for (const file of files) line(file.name, file.bytes);
  line('in all', bytes);
  line('in all, compressed\n', compressedBytes);
  const shown = Object.entries(bytesByPackage).slice(0, 12);
  console.log('the largest parts of the code:');
  for (const [name, size] of shown)
    line(name === '' ? 'our own' : name.replace(/^.*node_modules\//, ''), size);
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1024).toFixed(0).padStart(7)} kB`;
}
